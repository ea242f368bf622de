// SPDX-License-Identifier: ISC
// What the leading tab does: joins, looks up users it does not know yet, and polls, one request after the other.
// rollcall-stream.js answers polls from a stream.
import { pause } from './rollcall-util.js';

const WAKE = Symbol('wake'); // there is something else to ask

/** How long to rest, ms: never more than three requests in 10 s. */
export function backOff(failures, retryAfter = 0) {
  const least = retryAfter ? Math.max(retryAfter, 3.4) : [0, 0.3, 9.5][failures] ?? 5;
  const spread = Math.max(Math.min(30, 1.5 * 2 ** failures) - least, retryAfter / 2, 2.5);
  return 1000 * (least + Math.random() * spread);
}

/** How far the server's clock is ahead, if ANSWER says. */
const clock = ({ now }) => now && { offset: now - Date.now() };

export class Poll {
  #client;
  #isWaiting = false; // for the answer of a poll
  #round; // AbortController of a request or rest
  #begunAt = 0;
  #isRestarted;
  #leftAt; // the cursor that was given up to follow everyone
  #sentStatus;
  #sentCounts = false; // whether the counts were asked for
  #isCounting = false;

  /** CLIENT is made by #pollClient() of rollcall.js. */
  constructor(client) {
    this.#client = client;
  }

  /** Begins a request or rest that wake() can end, by the signal it returns. */
  begin() {
    this.#begunAt = Date.now();
    this.#round = new AbortController();
    return this.#round.signal;
  }

  /** Ends what is under way. */
  end() {
    this.#isWaiting = false;
    this.#round?.abort(WAKE);
  }

  /** Asks until LIFE aborts. */
  async run(life) {
    const client = this.#client;
    this.#isCounting = false;
    client.apply({ n: client.shared.n + 1 }); // the leave of the leader before may have that number
    pause(4000, life).then(() => this.#isWaiting && this.#beat());
    for (let failures = 0; !life.aborted;) {
      const signal = this.begin();
      try {
        if (!await client.isStillLeader()) return;
        const good = await this.#ask(signal);
        if (good) failures = 0;
        if (good === false) await pause(backOff(++failures), signal);
        if (good) await pause(this.#begunAt + 100 - Date.now(), signal); // many changes do not lead to many requests
      } catch (error) {
        if (life.aborted) return;
        if (signal.reason === WAKE) continue;
        const { status, retryAfter } = error;
        if (status === 401 || status === 403) return client.stop(error);
        if (status === 410) client.apply({ joined: false });
        if (++failures > 1 || status !== 410) await this.rest(error, backOff(failures, retryAfter), signal);
      }
    }
  }

  async rest(error, ms, signal) {
    this.#client.rest(error, ms);
    await pause(ms, signal);
  }

  /** A poll may be dead now, or a rest be over. */
  wake = () => {
    const round = this.#round, age = Date.now() - this.#begunAt;
    if (!this.#isWaiting) setTimeout(() => round?.abort(WAKE), 3400 - age);
    else if (age > this.#client.shared.wait * 1000 + 5000) round.abort(WAKE);
  };

  /** Ends a poll that does not follow everyone who is watched; otherwise reports a status that the poll did not. */
  adjust() {
    if (!this.#isWaiting) return;
    const { status, watched, places, shared: { tracked } } = this.#client;
    if (this.#client.wants('counts') && !this.#sentCounts) this.#round.abort(WAKE);
    else if (places?.isLacking) this.#round.abort(WAKE);
    else if (tracked && (!watched || [...watched].some(user => !tracked.has(user)))) this.#round.abort(WAKE);
    else if (status !== this.#sentStatus) this.#beat();
  }

  /** Sends the next request. True: a poll went well; false: it ended too soon. */
  #ask(signal) {
    const { watched, shared: { joined, cursor, tracked } } = this.#client;
    if (!joined) return this.#join(signal);
    if (!watched && tracked) {
      this.#leftAt = cursor;
      this.#client.share({ tracked: null, complete: false, cursor: undefined });
    }
    if (watched && cursor) {
      const added = tracked ? [...watched].filter(user => !tracked.has(user)) : [];
      if (added.length) return this.#look(added, watched, signal);
      if (watched.size !== tracked?.size) this.#client.share({ tracked: watched });
    }
    return this.#poll(signal);
  }

  async #join(signal) {
    const client = this.#client, session = client.takeSession(), { status } = client;
    const answer = await client.ask('join', { session, status }, { signal });
    const { changes, more, cursor, user, ttl, wait } = answer;
    this.#isCounting = false;
    const heard = Date.now();
    client.share({ joined: true, state: 'live', error: null, heard, n: 0, user, ttl, wait, ...clock(answer) });
    if (client.shared.cursor) return;
    client.share({ cursor, complete: !more, tracked: client.watched }, { full: true, changes });
  }

  async #look(users, tracked, signal) {
    const answer = await this.#client.ask('status', { users }, { signal });
    this.#client.share({ tracked, ...clock(answer) }, { changes: answer.users });
  }

  async #poll(signal) {
    const client = this.#client, { cursor: since, tracked, complete, session } = client.shared, { status } = client;
    const users = tracked && [...tracked];
    const wait = client.isStale ? 0 : client.shared.wait; // if stale, the answer must come at once
    const options = { signal, seconds: wait + 10, isSaid: status === this.#sentStatus };
    this.#sentStatus = status;
    this.#isWaiting = true;
    const counts = this.#sentCounts = client.wants('counts'), { places } = client;
    const body = { since, wait, session, status, n: this.#count(), ...users && { users }, ...counts && { counts },
      ...places?.ask?.() };
    const load = () => Promise.race([import('./rollcall-stream.js').catch(() => {}), pause(3000, signal)]);
    const streams = wait && client.options.transport !== 'poll' && await load();
    const ask = streams ? streams.next(client, body, options, this.#beat) : client.ask('stream', body, options);
    const answer = await ask.finally(() => { this.#isWaiting = false; });
    const { cursor, changes, more, resync, refetch, isUnheard } = answer, heard = Date.now(), full = resync || !since;
    const isNews = changes.length || more || refetch || answer.places || (full && !this.#isRestarted);
    this.#isRestarted = full;
    const said = { ...clock(answer), ...answer.counts && { counts: answer.counts }, ...places?.take?.(answer, full) };
    const live = !isUnheard && { heard, state: 'live', error: null };
    client.share({ cursor, ...live, complete: !more || (complete && !full), ...said },
      { full, changes, answer: live && answer,
        refetch: full && (since || cursor !== this.#leftAt) ? ['members', 'dms'] : refetch });
    return (isNews && cursor !== since) || !body.wait || heard - this.#begunAt > Math.max(wait * 800, 500);
  }

  #beat = () => {
    const { status, shared: { session } } = this.#client;
    this.#sentStatus = status;
    this.#client.ask('heartbeat', { session, status, n: this.#count() })
      .catch(() => this.#isWaiting && this.#round.abort(WAKE));
  };

  /** The number of the next request: larger than any before it, whichever tab sent that; of a leader, one by one. */
  #count() {
    const { n } = this.#client.shared;
    this.#client.share({ n: this.#isCounting ? n + 1 : Math.max(n + 1, Date.now()) });
    this.#isCounting = true;
    return this.#client.shared.n;
  }
}
