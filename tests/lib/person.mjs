// SPDX-License-Identifier: ISC
// A user of one workspace, as a browser or program of theirs speaks for them.
import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { until } from './until.mjs';

let sessions = 0;

/** A session name that nobody else has. */
export const newSession = () => `session-${process.pid}-${++sessions}`;

/** Parameters as a query; values that are arrays are repeated, undefined ones left out. */
export function query(params) {
  const pairs = Object.entries(params).flatMap(([name, value]) => [value].flat().map(one => [name, one]));
  const text = pairs
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&');
  return text ? `?${text}` : '';
}

export class Person {
  constructor(stack, ws, user) {
    this.stack = stack;
    this.ws = ws;
    this.user = user;
  }

  ask(method, what, options = {}) {
    return this.stack.req(method, `/v1/workspaces/${this.ws}/${what}`, { user: this.user, ...options });
  }

  /** Joins as SESSION; resolves with the body. */
  async join({ session = newSession(), ...body } = {}) {
    const answer = await this.ask('POST', 'join', { body: { session, ...body } });
    assert.ok([200, 201].includes(answer.status), `join: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  beat(session, body = {}) {
    return this.ask('POST', 'heartbeat', { body: { session, ...body } });
  }

  leave(session, body = {}) {
    return this.ask('POST', 'leave', { body: { session, ...body } });
  }

  /** Leaves at once, which must succeed. */
  async leaveNow(session) {
    assert.equal((await this.leave(session, { now: true })).status, 204);
  }

  poll(params = {}, options) {
    return this.ask('GET', `stream${query(params)}`, options);
  }

  /** What this person sees of USERS (by default all who are not offline): { user: status }. */
  async sees(...users) {
    const { status, body } = await this.ask('GET', `status${query({ user: users })}`);
    assert.equal(status, 200);
    return Object.fromEntries(body.users.map(one => [one.user, one.status]));
  }

  /** Says BODY of their status by hand; resolves with the answer's body. */
  async say(body) {
    return this.#done(await this.ask('PUT', 'me/status', { body }));
  }

  /** Takes back what they said by hand last, or with { all: true } everything. */
  async unsay(params = {}) {
    assert.equal((await this.ask('DELETE', `me/status${query(params)}`)).status, 204);
  }

  /** Makes the claim NAME; resolves with the answer's body. */
  async claim(name, body) {
    return this.#done(await this.ask('PUT', `me/claims/${name}`, { body }));
  }

  /** Their own status, as they read it. */
  async me() {
    return this.#done(await this.ask('GET', 'me/status'));
  }

  #done({ status, body }) {
    assert.ok(status === 200 || status === 201, `${status} ${JSON.stringify(body)}`);
    return body;
  }

  /** The administrator's METHOD on WHAT ("status", "claims/call") of this person. */
  byAdmin(method, what, body) {
    return this.stack.adm(method, `/workspaces/${this.ws}/members/${this.user}/${what}`, { body });
  }

  /** The entry of USER, as this person reads it in a list of statuses. */
  async entryOf(user) {
    const { status, body } = await this.ask('GET', `status${query({ user })}`);
    assert.equal(status, 200);
    return body.users[0];
  }

  /** The workspace's cursor now: it stays the same while nothing changes. */
  async cursor() {
    const { status, body } = await this.ask('GET', 'status?limit=1');
    assert.equal(status, 200);
    return body.cursor;
  }

  /** The live sessions of USER, as the administrator sees them. */
  async sessionsOf(user) {
    const { status, body } = await this.stack.adm('GET', `/workspaces/${this.ws}/sessions${query({ user })}`);
    assert.equal(status, 200);
    return body.sessions;
  }

  /** Follows the stream from now on: see Follower. */
  async follow(params = {}) {
    const since = params.since ?? (await this.cursor());
    return new Follower(this, { ...params, since });
  }
}

/** A client that polls without a pause and keeps everything that the answers say. */
export class Follower {
  changes = []; // in order, each with `at`: when it arrived here
  refetch = [];
  answers = []; // statuses other than 200
  resyncs = 0;
  #stopped = false;
  #shown = new Map(); // by user, how many of the changes shows() has been through

  constructor(person, params) {
    this.person = person;
    this.params = params;
    this.cursor = params.since;
    person.stack.followers.add(this);
    this.ended = this.#run();
    this.ended.catch(() => {}); // told by stop()
  }

  async #run() {
    while (!this.#stopped) {
      this.polling = this.person.poll({ ...this.params, since: this.cursor });
      const answer = await this.polling.catch(error => ({ status: error.code ?? error.message, error }));
      if (this.#stopped) return;
      if (answer.error && !answer.error.code) throw answer.error;
      if (answer.status === 200) this.#take(answer.body);
      else {
        this.answers.push(answer.status);
        await pause(100);
      }
    }
  }

  #take({ cursor, changes, resync, refetch = [] }) {
    this.cursor = cursor;
    if (resync) this.resyncs++;
    this.changes.push(...changes.map(change => ({ ...change, at: Date.now() })));
    this.refetch.push(...refetch);
  }

  /** What was told of USER: ["active", "away", ...]. */
  told(user) {
    return this.changes.filter(change => change.user === user).map(change => change.status);
  }

  /** The changes of USER, without user and time of arrival. */
  of(user) {
    return this.changes.filter(change => change.user === user).map(({ user: _user, at: _at, ...entry }) => entry);
  }

  /** Resolves within MS with the first change of USER of which IS_SO(it), behind the one that this resolved with before. */
  shows(user, isSo, ms) {
    const next = () => {
      const from = this.#shown.get(user) ?? 0;
      const at = this.changes.findIndex((change, i) => i >= from && change.user === user && isSo(change));
      if (at < 0) return null;
      this.#shown.set(user, at + 1);
      return this.changes[at];
    };
    return until(next, `${this.person.user} is told of ${user}: ${isSo}`, ms);
  }

  /** Resolves once all that has happened by now was told: OTHER, whom nothing else concerns, comes and goes. */
  async settle(other) {
    const latest = () => this.of(other.user).at(-1);
    const before = latest()?.since ?? 0;
    const { session } = await other.join();
    await other.leaveNow(session);
    const isTold = () => latest()?.status === 'offline' && latest().since > before;
    await until(isTold, `${this.person.user} is told everything, and last of ${other.user}`);
  }

  /** Resolves with the first change of USER to STATUS, once it was told. */
  saw(user, status, ms = 20000) {
    return until(
      () => this.changes.find(change => change.user === user && change.status === status),
            `${this.person.user} is told that ${user} is ${status}`,
            ms,
    );
  }

  /** Ends it: the client goes away in the middle of its poll. Throws if a poll was answered wrongly. */
  async stop() {
    this.#stopped = true;
    this.polling?.abort();
    this.person.stack.followers.delete(this);
    await this.ended;
  }
}
