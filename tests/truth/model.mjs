// SPDX-License-Identifier: ISC
// What may have been true in a run, from its history. Pure: no clock, no network.
//
// A history is
//   events   all requests, in the order in which they were sent: { id, kind, user, sent, done, code, ... }, times in ms
//              kind     join, heartbeat, poll, leave, closed (a connection that the client gave up), status, members, dms, dm (opens
//                       a conversation), remove, add (by the administrator), say, unsay, claim, unclaim (status by hand)
//              code     of the answer; 0: none came; 'dropped': the client gave up at `done`
//              session, status, n, now, wait, since, users, limit, after, body: of request and answer, where they apply
//              said, all, name, length: what a status by hand says, whether all is taken back, of a claim, for how many ms
//              place, doing, length: where, what, for how many ms. places, quiet: those that a poll asks for, by who does not want to
//                       know who types. typing: of settings
//              reader   who keeps what it says; sessions that poll and followers have a picture, which goes on from answer to answer
//              told     of closed: 'yes', 'no' or 'maybe', whether the web server tells the daemon
//              of       of closed: when the poll had been sent
//   users    everyone's id
//   stalls   [{ from, to, late }]: when this process stood still; starved: the same of the stack's, which also wait for a processor
//   fault    { from, to, amnesia, unheard, resync, moved, kills, forgets, writes, lost } or null; lost: { from, to }, when what was done may be lost
//   times    ttl, heartbeat, wait, gap, leaveGrace, closedGrace, detect, retry, bound, and follow if there are several machines: in ms
import { groupBy } from './group.mjs';
import { Patience } from './patience.mjs';
import { Places } from './places.mjs';
import { dndLayer, textLayer } from './notes.mjs';
import { presenceLayer } from './presence.mjs';
import { Roster } from './roster.mjs';

/*
 * Whatever wakes all polls may have answered one just before its client gave up: then there was no connection to lose. EVENTS with
 * `told` as it can be known.
 */
function doubtClosed(events, times) {
  const wakers = events.filter(event => ['add', 'remove', 'dm'].includes(event.kind));
  const isDoubtful = closed =>
    wakers.some(({ sent, done }) => sent <= closed.sent + times.detect && done >= closed.sent - times.detect);
  return events.map(event => (event.told === 'yes' && isDoubtful(event) ? { ...event, told: 'maybe' } : event));
}

export class Model {
  /** LAYERS: functions as presenceLayer(), for further things that are told of users. */
  constructor(history, layers = [presenceLayer, dndLayer, textLayer]) {
    const { stalls, starved = [], fault, times } = history;
    const events = doubtClosed(history.events, times);
    this.history = { ...history, events };
    this.times = times;
    this.patience = new Patience(times.bound, [stalls, starved], fault, times.follow);
    this.byUser = groupBy(events, event => event.user);
    this.byReader = groupBy(
      events.filter(event => event.reader),
      event => event.reader,
    );
    this.layers = layers.map(layer => layer(this.byUser, this.patience, this.times));
    this.removals = events.filter(event => event.kind === 'remove');
    this.roster = new Roster(events, this.byUser, this.patience, this.times);
    this.places = new Places(this);
  }

  /** What is known of the session that EVENT is about. */
  sessionOf(event) {
    return this.layers[0].session(event);
  }
}
