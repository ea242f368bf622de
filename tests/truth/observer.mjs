// SPDX-License-Identifier: ISC
// Reads the lists of statuses, members and conversations again and again, each in all the ways in which they can be asked for; and who
// is at places, also in conversations of others.
import { query } from '../lib/person.mjs';
import { places, readAt } from './visitor.mjs';

const kinds = { statuses: 3, some: 3, again: 2, members: 2, dms: 1, place: 2 };

export class Observer {
  constructor(world, chance) {
    Object.assign(this, { world, chance });
  }

  /** Reads until the run is over; PACE: ms between two lists. */
  async observe(pace) {
    while (!this.world.over) {
      await this.world.sleep(this.chance.pause(pace));
      if (!this.world.over) await this.read(this.chance.weighted(kinds));
    }
  }

  /** Reads one list, in pages if so asked. */
  read(kind) {
    const { chance, world } = this;
    const user = chance.of(world.followers);
    const limit = chance.is(0.5) ? chance.int(1, world.users.length) : undefined;
    switch (kind) {
    case 'some':
      return this.#some(user, chance.some(world.users, chance.int(1, 6)));
    case 'again':
      return this.#again(user);
    case 'place':
      return readAt(world, user, chance.of([...places, ...world.dms])).done;
    case 'members':
    case 'dms':
      return this.#pages(kind, user, limit);
    default:
      return this.#pages('status', user, limit);
    }
  }

  async #pages(kind, user, limit) {
    let after;
    do {
      const event = { kind, user, limit, after };
      const { code, body } = await this.world.ask(event, 'GET', `${kind}${query({ limit, after })}`).done;
      after = code === 200 ? body.next : undefined;
    } while (after !== undefined && !this.world.over);
  }

  #some(user, users) {
    const event = { kind: 'status', user, users };
    if (this.chance.is(0.5)) return this.world.ask(event, 'POST', 'status', { body: { users } }).done;
    return this.world.ask(event, 'GET', `status${query({ user: users })}`).done;
  }

  /* The list of statuses, only if it has changed since it was read before. */
  async #again(user) {
    const headers = this.etag ? { 'If-None-Match': this.etag } : {};
    const event = await this.world.ask({ kind: 'status', user, known: this.known }, 'GET', 'status', { headers }).done;
    if (event.code !== 200) return;
    this.etag = event.etag;
    this.known = event.body;
  }
}
