// SPDX-License-Identifier: ISC
// What one reader was told, in order: a follower, or a session that polls. Its picture goes on from answer to answer.

/** A gap between an answer and the next poll that is no pause (ms). */
const BREATH = 100;

const isAnswered = event => event.code === 200 || event.code === 201;

/* A full answer begins the picture again. */
const beginsAnew = event => event.kind !== 'poll' || event.since === undefined || event.body.resync;

export class Story {
  /**
   * EVENTS: those of READER. After this:
   *   tellings   [{ user, entry, since, at, full, event }]: that user is as `entry` says, null for absent, was told at `at`; `since`
   *              the earliest moment at which that may have been read; full: not a change but part of a full answer
   *   blanks     moments at which the picture was thrown away
   *   refetched  [{ what, at, first }]: refetch, with when it was told; first: with a full answer, which needs none
   *   listening  [[from, to]]: when it polled without a pause, and would have been told
   */
  constructor(reader, events, everyone, patience) {
    this.reader = reader;
    this.events = events;
    this.tellings = [];
    this.blanks = [];
    this.refetched = [];
    this.listening = [];
    this.everyone = everyone;
    this.patience = patience;
    this.anew = null; /* { sent, seen } while the pages of a full answer come in */
    this.users = events.find(event => event.users)?.users;
    this.followed = new Set(this.users ?? everyone);
    for (const event of events) this.#take(event);
    this.end = this.listening.at(-1)?.[1] ?? -Infinity;
  }

  #take(event) {
    if (event.kind === 'poll') this.#listen(event);
    if (isAnswered(event) && event.body && !event.discarded) this.#read(event);
  }

  #listen(event) {
    const last = this.listening.at(-1);
    const pause = BREATH + this.patience.lag(event.sent - BREATH, event.sent);
    if (last && this.goesOn && event.sent - last[1] <= pause) last[1] = Math.max(last[1], event.done);
    else this.listening.push([event.sent, event.done]);
    this.goesOn = isAnswered(event) && !event.body?.more;
  }

  #read(event) {
    if (beginsAnew(event)) {
      if (this.tellings.length > 0) this.blanks.push(event.done);
      this.anew = { sent: event.sent, seen: new Set() };
    }
    const full = this.anew !== null;
    for (const entry of event.body.changes ?? event.body.users ?? []) this.#tell(entry.user, entry, event, full);
    for (const what of event.body.refetch ?? [])
      this.refetched.push({ what, at: event.done, first: event.body.resync });
    if (beginsAnew(event)) this.refetched.push({ what: 'all', at: event.done, first: true });
    if (this.anew && !event.body.more && !event.body.next) this.#complete(event);
  }

  #tell(user, entry, event, full) {
    this.anew?.seen.add(user);
    if (!this.followed.has(user)) return;
    const since = event.kind === 'poll' ? event.done : event.sent;
    this.tellings.push({ user, entry, since, at: event.done, full, event });
  }

  #complete(event) {
    for (const user of this.followed)
      if (!this.anew.seen.has(user))
        this.tellings.push({ user, entry: null, since: this.anew.sent, at: event.done, full: true, event });
    this.anew = null;
  }

  /** What it showed: [{ user, telling, from, to }], each until the next telling of the user, a blank, or the end. */
  shown() {
    const out = [];
    const latest = new Map();
    const close = (user, to) => {
      const telling = latest.get(user);
      if (telling) out.push({ user, telling, from: telling.at, to });
    };
    let blank = 0;
    for (const telling of this.tellings) {
      for (; this.blanks[blank] <= telling.at; blank++) {
        for (const user of latest.keys()) close(user, this.blanks[blank]);
        latest.clear();
      }
      close(telling.user, telling.at);
      latest.set(telling.user, telling);
    }
    for (const user of latest.keys()) close(user, this.end);
    return out;
  }
}
