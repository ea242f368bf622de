// SPDX-License-Identifier: ISC
// What a person's tabs do at places: they look at pages, type in conversations, go on, stop, and forget to stop.
import { query } from '../lib/person.mjs';

/** Places that are open to all. The last one has a name that no path can carry. */
export const places = ['here', 'ticket:42', 'wiki/Home', '../x'];

/* What a person does next at places, and how often. */
const habits = { look: 4, type: 4, goOn: 4, stop: 3, stopAll: 1, beOvertaken: 1, settle: 0.5 };

/* The request about PLACE: [what, more of the query]. */
const target = place => (place.startsWith('.') ? ['place', { place }] : [`places/${encodeURIComponent(place)}`, {}]);

/** Asks WORLD that the session of TAB is at PLACE, doing DOING for SECONDS. */
export function beAt(world, { user, session }, { place, doing, seconds, n }) {
  const event = { kind: 'at', user, session, place, doing, length: seconds * 1000, n };
  const [what, more] = target(place);
  return world.ask(event, 'PUT', `${what}${query(more)}`, { body: { session, doing, for: seconds, n } });
}

/** And that it ends what it does there; without DOING everything. */
export function endAt(world, { user, session }, { place, doing, n }) {
  const [what, more] = target(place);
  return world.ask({ kind: 'from', user, session, place, doing, n }, 'DELETE', `${what}${query({ ...more, session, doing, n })}`);
}

/** USER reads who is at PLACE. */
export function readAt(world, user, place) {
  const [what, more] = target(place);
  return world.ask({ kind: 'place', user, place }, 'GET', `${what}${query(more)}`);
}

/** USER wants it told that they type, and to be told that others do, or not. */
export const settle = (world, user, typing) =>
  world.ask({ kind: 'settings', user, typing }, 'PUT', 'me/settings', { body: { typing } });

export class Visitor {
  constructor(person, chance) {
    Object.assign(this, { person, world: person.world, chance });
    this.n = 0; /* the count of all requests about places */
    this.latest = []; /* what was said last: { tab, place, doing } */
    this.typing = true;
  }

  /** Behaves until the world is calm; PACE: ms between two deeds, on average. */
  async behave(pace) {
    while (!this.world.calm) {
      await this.world.sleep(this.chance.pause(pace));
      const tab = this.#tab();
      if (tab && !this.world.calm) await this[this.chance.weighted(habits)](tab);
    }
  }

  /* One that is there; now and then one that has gone, or is about to. */
  #tab() {
    const { tabs, away } = this.person;
    const all = (this.chance.is(0.1) ? away : tabs).filter(({ session }) => session);
    return all.length > 0 ? this.chance.of(all) : null;
  }

  #be(tab, place, doing) {
    this.latest = [{ tab, place, doing }, ...this.latest].slice(0, 4);
    const seconds = this.chance.is(0.2) ? this.chance.int(8, 12) : this.chance.int(2, 6);
    return beAt(this.world, tab, { place, doing, seconds, n: ++this.n }).done;
  }

  look(tab) {
    return this.#be(tab, this.chance.of(places), this.chance.of(['viewing', 'editing', undefined]));
  }

  async type(tab) {
    const { dms } = this.person;
    if (dms.length > 0) await this.#be(tab, this.chance.of(dms), this.chance.is(0.8) ? 'typing' : 'viewing');
  }

  /** Says again, once or a few times, what was said last. */
  async goOn() {
    const [last] = this.latest;
    for (let i = last ? this.chance.int(1, 3) : 0; i > 0 && !this.world.calm; i--) {
      await this.#be(last.tab, last.place, last.doing);
      await this.world.sleep(this.chance.between(0, 2500));
    }
  }

  async stop() {
    if (this.latest.length === 0) return;
    const { tab, place, doing } = this.chance.of(this.latest);
    await endAt(this.world, tab, { place, doing: doing ?? 'viewing', n: ++this.n }).done;
  }

  async stopAll() {
    if (this.latest.length === 0) return;
    const { tab, place } = this.chance.of(this.latest);
    await endAt(this.world, tab, { place, n: ++this.n }).done;
  }

  /** Its stop arrives before what it stops. */
  async beOvertaken(tab) {
    this.n += 2;
    const [place, doing] = [this.chance.of(places), 'viewing'];
    await endAt(this.world, tab, { place, doing, n: this.n }).done;
    await beAt(this.world, tab, { place, doing, seconds: 5, n: this.n - 1 }).done;
  }

  /** Turns off, or on again, that others are told that this person types. */
  async settle() {
    this.typing = !this.typing;
    await settle(this.world, this.person.user, this.typing).done;
  }
}
