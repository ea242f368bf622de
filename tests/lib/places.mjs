// SPDX-License-Identifier: ISC
// Where people are, and somebody who follows it as a page does.
import assert from 'node:assert/strict';
import { query } from './person.mjs';
import { pause, until } from './until.mjs';

/** N people of a workspace of their own, each with a live session in .at. */
export async function peopleOf(stack, n) {
  const people = await stack.room(n);
  for (const person of people) person.at = (await person.join()).session;
  return people;
}

const path = place => `places/${encodeURIComponent(place)}`;

/** PERSON's SESSION is at PLACE; resolves with the answer. */
export const putAt = (person, session, place, body = {}) => person.ask('PUT', path(place), { body: { session, ...body } });

/** The same; it must succeed. */
export async function beAt(person, session, place, body) {
  const answer = await putAt(person, session, place, body);
  assert.equal(answer.status, 204, `${person.user} at ${place}: ${JSON.stringify(answer.body)}`);
}

export const typeAt = (person, session, place, body = {}) => beAt(person, session, place, { doing: 'typing', ...body });

/** PERSON's SESSION ends what it does at PLACE; PARAMS: doing, n. */
export async function endAt(person, session, place, params = {}) {
  const answer = await person.ask('DELETE', `${path(place)}${query({ session, ...params })}`);
  assert.equal(answer.status, 204, JSON.stringify(answer.body));
}

/** People as one text: "ann: typing viewing, bob: viewing". */
export const asText = people => people.map(({ user, doing }) => `${user}: ${doing.join(' ')}`).join(', ');

/** Who is at PLACE as PERSON reads it. */
export async function readAt(person, place) {
  const { status, body } = await person.ask('GET', path(place));
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body.place, place);
  return asText(body.people);
}

/** A conversation of PERSON with OTHERS; resolves with its place. */
export async function openDm(person, others, body = {}) {
  const answer = await person.ask('POST', 'dms', { body: { participants: others.map(one => one.user), ...body } });
  assert.ok([200, 201].includes(answer.status), JSON.stringify(answer.body));
  return `dm:${answer.body.id}`;
}

/** A client that polls for PLACES without a pause, and keeps what it is told. */
export class Watcher {
  told = []; // { place, text, count, at }, in order
  known = new Map(); // place -> text of who is there; without those that are empty
  changes = [];
  answers = 0;
  faults = []; // statuses other than 200
  #stopped = false;

  /** Resolves when it has had its first answer, and waits for more. PARAMS: others of the stream, as since or wait. */
  static async start(person, places, params = {}) {
    const self = new Watcher();
    Object.assign(self, { person, params: { place: places, ...params } });
    self.cursor = params.since ?? (await person.cursor());
    person.stack.followers.add(self);
    await self.#poll({ wait: 0 });
    self.ended = self.#run();
    self.ended.catch(() => {}); // told by stop()
    return self;
  }

  async #poll(over) {
    this.polling = this.person.poll({ ...this.params, since: this.cursor, ...over });
    const answer = await this.polling.catch(error => ({ status: error.code ?? error.message }));
    if (this.#stopped) return;
    if (answer.status === 200) this.#take(answer.body);
    else {
      this.faults.push(answer.status);
      await pause(100);
    }
  }

  async #run() {
    while (!this.#stopped) await this.#poll({});
  }

  #take({ cursor, changes, resync, places = [] }) {
    this.answers++;
    if (resync) this.known.clear();
    this.cursor = cursor;
    this.changes.push(...changes);
    for (const { place, people, count } of places) {
      const text = asText(people);
      this.told.push({ place, text, count, at: performance.now() });
      if (people.length > 0) this.known.set(place, text);
      else this.known.delete(place);
    }
  }

  /** Resolves once it knows that TEXT is at PLACE ('': nobody), with when that was told. */
  async knows(place, text, ms) {
    await until(() => (this.known.get(place) ?? '') === text, `${this.person.user} is told of "${text}" at ${place}`, ms);
    return this.told.findLast(one => one.place === place)?.at;
  }

  /** What it was told of PLACE: ["ann: typing", ""]. */
  of(place) {
    return this.told.filter(one => one.place === place).map(one => one.text);
  }

  async stop() {
    this.#stopped = true;
    this.polling?.abort();
    this.person.stack.followers.delete(this);
    await this.ended;
  }
}
