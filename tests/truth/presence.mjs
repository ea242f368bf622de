// SPDX-License-Identifier: ISC
// The layer of presence: what each user's status may have been. A layer has
//   name               of what it tells
//   read(entry)        its value in an entry of an answer
//   absent             its value for those whom a full answer leaves out
//   may(user, value)   Spans: when the value may have been true
//   changes(user)      Spans: moments at which something may be told although the value stays the same
//   lapses(user)       a Set of moments: those in may() that are the ends of leases
import { effectOf } from './effect.mjs';
import { sessionTruth } from './sessions.mjs';
import { Spans } from './spans.mjs';

const sessionKinds = new Set(['join', 'heartbeat', 'poll', 'leave', 'closed']);

/* A join that was never answered may have made a session whose name nobody knows. */
const sessionOf = event => event.session ?? `?${event.id}`;

/* The deeds of a user's sessions, by the session's name, each with the user's removals. */
function bySession(events) {
  const sessions = new Map();
  const removals = events.filter(event => event.kind === 'remove');
  for (const event of events) {
    if (!sessionKinds.has(event.kind) || (event.kind !== 'join' && event.session === undefined)) continue;
    const name = sessionOf(event);
    if (!sessions.has(name)) sessions.set(name, [...removals]);
    sessions.get(name).push(event);
  }
  return sessions;
}

/** A user's status from those of their SESSIONS: the most active counts. */
export function mostActive(sessions) {
  const spans = status => sessions.map(one => one[status]);
  const notActive = sessions.map(one => Spans.union([one.away, one.offline]));
  return {
    active: Spans.union(spans('active')),
    away: Spans.union(spans('away')).intersect(Spans.intersection(notActive)),
    offline: Spans.intersection(spans('offline')),
  };
}

function userTruth(events, patience, times) {
  const sessions = new Map();
  for (const [name, deeds] of bySession(events))
    sessions.set(
      name,
      sessionTruth(
        deeds.sort((a, b) => a.sent - b.sent),
        patience,
        times,
      ),
    );
  const all = [...sessions.values()];
  const removals = events.filter(event => event.kind === 'remove').map(event => effectOf(event, patience, times));
  return {
    sessions,
    ...mostActive(all),
    lapses: new Set(all.flatMap(one => one.lapses)),
    removed: new Spans(removals.filter(Boolean).map(({ from, to }) => [from, to])),
  };
}

/** The layer for EVENTS, grouped by user in a Map. */
export function presenceLayer(byUser, patience, times) {
  const truths = new Map();
  const of = user => {
    if (!truths.has(user)) truths.set(user, userTruth(byUser.get(user) ?? [], patience, times));
    return truths.get(user);
  };
  return {
    name: 'status',
    absent: 'offline',
    values: ['active', 'away', 'offline'],
    read: entry => entry.status,
    may: (user, value) => of(user)[value] ?? Spans.never,
    changes: user => of(user).removed,
    lapses: user => of(user).lapses,
    session: event => of(event.user).sessions.get(sessionOf(event)),
  };
}
