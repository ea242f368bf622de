// SPDX-License-Identifier: ISC
// Streams of events. rollcall-poll.js asks as ever, and each of its polls is answered with what the stream has said
// since the one before. If streams do not come through, this asks by polls, and remembers that for a day.
import { on, pause } from './rollcall-util.js';

const EVENTS = 'text/event-stream';
const BEGIN_MS = 3000; // for its head and its first bytes
const SILENCE_MS = 35000; // a ping comes after 15 s
const SLEPT_MS = 5000; // timers that are later than that were held up with the page
const DAY_MS = 24 * 3600 * 1000;
const STRIKES = 3; // failures in a row: one or two may be a network that comes up, or a server that hangs
const PROMPT_MS = 2000; // a healthy server answers a poll within this
const refusals = { session_ended: 410, too_many_polls: 429, redis_unavailable: 503 };
const all = new WeakMap(); // client -> Streams

/**
 * Answers a poll, as CLIENT.ask('stream', BODY, OPTIONS) does. Sets BODY.wait to 0 if there was nothing to wait for.
 * isSaid: the server knows the status in BODY; BEAT() sends a heartbeat.
 */
export function next(client, body, options, beat) {
  if (!all.has(client)) all.set(client, new Streams(client, beat));
  return all.get(client).next(body, options);
}

const nothing = (cursor, more) => ({ cursor, more, resync: false, changes: [] });
const unheard = (cursor, more) => ({ ...nothing(cursor, more), isUnheard: true }); // the server has said nothing

/** Both answers as one. */
function joined(first, second) {
  const refetch = [...new Set([first, second].flatMap(answer => answer.refetch ?? []))];
  const changes = [...first.changes, ...second.changes], places = [...first.places ?? [], ...second.places ?? []];
  return { ...first, ...second, resync: first.resync, changes,
    ...refetch.length && { refetch }, ...places.length && { places } };
}

/** One stream, from its request to its end. */
class Stream {
  begunAt = Date.now();
  cursor; // of the last answer that was taken from it
  isBegun = false; // it has said something
  isExcused = false; // the network was away
  more = false; // as it last said
  end = null; // its last event, or a code of its own: lost (the connection), late (nothing was said), slept, closed
  #what;
  #life = new AbortController();
  #calls; // { beat, isStillLeader }
  #answer = null; // that was not taken yet
  #isAlive = false; // it has said something since
  #notify;
  #timer;
  #round;

  constructor({ since, session, users, counts, places }, calls) {
    this.cursor = since;
    this.#what = JSON.stringify([session, users, counts, places]);
    this.#calls = calls;
    on(window, 'offline', () => { this.isExcused = true; }, this.signal);
    on(document, 'resume', () => this.close('slept'), this.signal); // what a frozen page read may go no further
    on(window, 'pagehide', () => this.close('closed'), this.signal); // between two rounds, too
  }

  get signal() { return this.#life.signal; }

  /** Whether it says what BODY asks for. */
  fits({ since, session, users, counts, places }) {
    const what = JSON.stringify([session, users, counts, places]);
    return this.end?.code !== 'closed' && this.cursor === since && this.#what === what;
  }

  /** Closes when ROUND aborts, if that is the latest. */
  closeWith(round) {
    this.#round = round;
    on(round, 'abort', () => { if (this.#round === round) this.close('closed'); });
  }

  /** Nothing more is read; CODE is why, if it has not said that itself. */
  close(code) {
    this.end ??= { code };
    clearTimeout(this.#timer);
    this.#life.abort();
    this.#notify?.();
  }

  async read(response) {
    const reader = response.body.getReader(), decoder = new TextDecoder();
    for (let text = ''; !this.end;) {
      this.#limit(this.isBegun ? SILENCE_MS : BEGIN_MS);
      const { value, done } = await reader.read().catch(() => ({ done: true }));
      if (done) break;
      const blocks = (text + decoder.decode(value, { stream: true })).split('\n\n');
      text = blocks.pop();
      if (blocks.length && !this.end) this.#hear(blocks);
    }
    this.close('lost');
  }

  /** What has come while the page did nothing is read before it counts as late. */
  #limit(ms) {
    const due = Date.now() + ms, expire = () => this.close(Date.now() - due > SLEPT_MS ? 'slept' : 'late');
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => { this.#timer = setTimeout(expire, 500); }, ms - 500);
  }

  #hear(blocks) {
    const events = blocks.map(block => Object.fromEntries(block.split('\n').map(line => line.split(/: ?(.*)/s, 2))));
    this.isBegun = this.#isAlive = true;
    try {
      for (const { event, data } of events) {
        if (event === 'changes') this.#take(JSON.parse(data));
        if (event === 'end') this.end = JSON.parse(data);
      }
    } catch {
      this.close('lost');
    }
    if (events.some(({ event }) => event === 'beat')) this.#beat();
    this.#notify?.();
  }

  #take(answer) {
    this.#answer = this.#answer && !answer.resync ? joined(this.#answer, answer) : answer;
    this.more = answer.more;
  }

  /** Here, because timers of hidden pages sleep. Another tab may have stolen the lead from a page that slept. */
  async #beat() {
    const { beat, isStillLeader } = this.#calls, isLeader = await isStillLeader().catch(() => false);
    if (isLeader && !this.end) beat();
  }

  /** Resolves with what it has said since the last time, once there is something; with null at its end. */
  async next() {
    const isNews = () => this.#answer || this.end || (this.#isAlive && this.cursor);
    while (!isNews()) await new Promise(done => { this.#notify = done; });
    const answer = this.#answer ?? (this.end ? null : nothing(this.cursor, this.more));
    this.cursor = answer?.cursor ?? this.cursor;
    this.#answer = null;
    this.#isAlive = false;
    return answer;
  }
}

/** The streams of one client, one after the other. */
class Streams {
  #client;
  #beat;
  #key;
  #stream = null;
  #isProven = false; // one has come through
  #strikes = 0; // those that did not, or broke off, since
  #isDoubted = false; // streams may not come through
  #isSpared = false; // the next request is a poll
  #heldAt = 0; // when streams did not come through

  constructor(client, beat) {
    this.#client = client;
    this.#beat = beat;
    this.#key = `rollcall polls ${client.options.url}`;
  }

  get #isForced() { return this.#client.options.transport === 'stream'; }

  async next(body, options) {
    options.signal.throwIfAborted(); // it may have while this module was loaded
    if (!this.#stream?.fits(body)) {
      this.#stream?.close('closed');
      this.#stream = null;
      const answer = await this.#open(body, options);
      if (answer) return answer;
    } else if (!options.isSaid) {
      this.#beat();
    }
    const stream = this.#stream;
    stream.closeWith(options.signal);
    const answer = await stream.next();
    options.signal.throwIfAborted();
    if (!answer) return this.#ended(stream, body, options);
    this.#show('stream');
    this.#isProven = true;
    if (!answer.changes.length && answer.cursor === body.since) body.wait = 0;
    return answer;
  }

  /** Opens a stream. Resolves with an answer if a poll had to do. */
  async #open(body, options) {
    if (!this.#isForced && this.#isDoubted) return this.#askByPoll(body, options, true);
    if (!this.#isForced && this.#isHeld()) {
      this.#show('poll');
      return this.#client.ask('stream', body, options);
    }
    const { isStillLeader } = this.#client, stream = new Stream(body, { beat: this.#beat, isStillLeader });
    stream.closeWith(options.signal);
    try {
      const begin = { signal: stream.signal, seconds: BEGIN_MS / 1000, accept: EVENTS };
      const response = await this.#client.ask('stream', body, begin);
      options.signal.throwIfAborted();
      if (response.cursor) return this.#isForced ? response : this.#hold(response);
      stream.read(response);
      this.#stream = stream;
    } catch (error) {
      options.signal.throwIfAborted();
      if (stream.end) return body.since ? this.#again(body, body.since) : this.next(body, options); // it was frozen
      if (this.#isForced) throw error;
      this.#isDoubted = error.code === 'bad_answer' && error.status >= 400 && error.status < 500;
      if (error.code !== 'unreachable' || Date.now() - stream.begunAt < BEGIN_MS) throw error;
      return this.#askByPoll(body, options, this.#isStruck('late'));
    } finally {
      if (this.#stream !== stream) stream.close('closed');
    }
  }

  /** Whether another that did not begin, because of CODE, means that none comes through. */
  #isStruck(code) {
    return ++this.#strikes >= (this.#isProven || code === 'lost' ? STRIKES : 1);
  }

  /** An answer without news, after which the next request follows at once, with its own status and count. */
  #again(body, cursor, more) {
    body.wait = 0;
    return unheard(cursor, more);
  }

  /** A stream did not come through. If a poll does at once, ISHELD: so will the next ones. If not, the server hangs. */
  async #askByPoll(body, options, isHeld) {
    const begunAt = Date.now();
    this.#isDoubted = false;
    this.#isSpared = true;
    body.wait = 0;
    const answer = await this.#client.ask('stream', body, { ...options, seconds: 10 });
    return isHeld && Date.now() - begunAt < PROMPT_MS ? this.#hold(answer) : answer;
  }

  /** What follows the end of STREAM. */
  async #ended({ begunAt, cursor, more, end, isBegun, isExcused }, body, options) {
    this.#stream = null;
    const { code, retry_after: rest = 0 } = end, isShort = code !== 'slept' && Date.now() - begunAt < body.wait * 800;
    const isLost = code === 'lost' && isShort && isBegun, isHeldBack = /^(lost|late)$/.test(code) && !isBegun;
    this.#strikes = isLost ? this.#strikes + 1 : isHeldBack ? this.#strikes : 0;
    if (!isExcused && !this.#isForced) {
      if (isHeldBack) return this.#askByPoll(body, options, this.#isStruck(code));
      if (code === 'late' || this.#strikes >= STRIKES) return this.#askByPoll(body, options, true);
    }
    const status = refusals[code] ?? 0;
    if (status || !cursor || (!isBegun && code !== 'slept'))
      throw Object.assign(new Error(`The stream has ended: ${code}`),
        { code: status ? code : 'unreachable', status, kind: status ? 'server' : 'network', retryAfter: rest });
    const isAccident = isLost && this.#strikes === 1; // the first that breaks off
    if ((isShort && !isAccident) || code === 'superseded') return unheard(cursor, more); // too soon
    await pause(1000 * (code === 'lost' ? 0.3 + 2.7 * Math.random() : rest && rest + Math.random()), options.signal);
    options.signal.throwIfAborted();
    if (!await this.#client.isStillLeader()) return unheard(cursor, more);
    if (!this.#client.isStale) return this.#again(body, cursor, more);
    body.wait = 0; // the answer must come at once: until then nobody knows
    return this.#client.ask('stream', body, options);
  }

  #show(transport) {
    if (this.#client.shared.transport !== transport) this.#client.share({ transport });
  }

  /** Streams are not tried again for a day. */
  #hold(answer) {
    this.#strikes = 0;
    this.#heldAt = Date.now();
    try {
      localStorage.setItem(this.#key, String(this.#heldAt));
    } catch {
      // this page remembers
    }
    return answer;
  }

  #isHeld() {
    let at = this.#heldAt;
    try {
      at = Number(localStorage.getItem(this.#key)) || at;
    } catch {
      // as this page remembers
    }
    const isSpared = this.#isSpared, age = Date.now() - at;
    this.#isSpared = false;
    return isSpared || (age >= 0 && age < DAY_MS);
  }
}
