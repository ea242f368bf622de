// SPDX-License-Identifier: ISC
// A follower of the stream, with habits: whom it follows, which places, how it asks, how it loses its connection and when it pauses.
import { query } from '../lib/person.mjs';
import { Feed } from './feed.mjs';
import { places, settle } from './visitor.mjs';
import { retryAfter } from './world.mjs';

/* One habit for each follower in turn, so that each is there in a run of nine; most listen without a pause. */
const habits = [
  chance => ({ name: 'wide', post: chance.is(0.3) }),
  () => ({ name: 'streaming', streams: true }),
  chance => ({ name: 'narrow', share: chance.between(0.1, 0.4), post: chance.is(0.5) }),
  chance => ({ name: 'pages', limit: chance.int(1, 3), pauses: 0.02 }),
  chance => ({ name: 'streaming, dropping', streams: true, drops: 2000, limit: chance.int(1, 5), pauses: 0.3 }),
  () => ({ name: 'dropping', drops: 900 }),
  chance => ({ name: 'pausing', pauses: 0.15, share: chance.is(0.5) ? 0.3 : undefined }),
  chance => ({ name: 'brisk', wait: chance.int(0, 1) }),
  chance => ({ name: 'streaming, narrow', streams: true, share: chance.between(0.1, 0.4) }),
];

export class Follower {
  constructor(world, user, chance, index) {
    const habit = habits[index % habits.length](chance);
    Object.assign(this, { world, user, chance, habit });
    if (habit.share) this.users = chance.some(world.users, Math.max(2, Math.round(world.users.length * habit.share)));
    this.reader = `${user} (${habit.name})`;
    if (index % 4 !== 3) this.places = [...chance.some(places, chance.int(1, 3)), ...(chance.is(0.7) ? ['dm:*'] : [])];
    this.quiet = index % 6 === 5;
  }

  /** Follows until the run is over. */
  async follow() {
    const { world, chance, habit } = this;
    await world.sleep(chance.between(0, 500));
    if (this.quiet) await settle(world, this.user, false).done;
    while (!world.over) {
      if (this.cursor === undefined && chance.is(0.5)) await this.#begin();
      const event = await (habit.streams ? this.#stream() : this.#poll());
      if (event.code === 200) this.#take(event);
      else if (event.code !== 'dropped') await world.sleep(retryAfter(event, chance));
      if (chance.is(habit.pauses ?? 0)) await world.sleep(chance.pause(2500));
      if (habit.wait === 0) await world.sleep(chance.between(20, 200));
    }
  }

  /* Begins with a list of statuses instead of a full answer of the stream. */
  async #begin() {
    const { user, users, reader } = this;
    const event = await this.world.ask(
      { kind: 'status', user, users, reader },
      'GET',
      `status${query({ user: users })}`,
    ).done;
    if (event.code === 200) this.#take(event);
  }

  #take(event) {
    this.cursor = event.body.cursor;
  }

  /* Until it ends: resolves with the last poll that it stands for. */
  async #stream() {
    const { user, users, places, quiet, reader, chance, habit } = this;
    const event = { kind: 'poll', user, since: this.cursor, users, places, quiet, limit: habit.limit, reader };
    const feed = new Feed(this.world, event, cursor => (this.cursor = cursor));
    if (habit.drops) this.world.sleep(chance.pause(habit.drops)).then(() => feed.drop());
    return feed.done;
  }

  #poll() {
    const { world, user, users, places, quiet, reader, chance, habit, cursor: since } = this;
    const { limit } = habit;
    const wait = habit.wait ?? (chance.is(0.2) ? 1 : world.times.wait / 1000);
    const event = {
      kind: 'poll',
      user,
      since,
      wait: since === undefined ? 0 : wait * 1000,
      users,
      places,
      quiet,
      limit,
      reader,
    };
    const asked = habit.post
      ? world.ask(event, 'POST', 'stream', { body: { since, wait, users, places, limit } })
      : world.ask(event, 'GET', `stream${query({ since, wait, user: users, place: places, limit })}`);
    if (habit.drops) world.sleep(chance.pause(habit.drops)).then(() => asked.drop(chance.of(['close', 'reset'])));
    return asked.done;
  }
}
