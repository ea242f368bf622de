// SPDX-License-Identifier: ISC
// The layer of presence: what each user's status may have been. A layer has
//   name               of what it tells
//   read(entry)        its value in an entry of an answer
//   absent             its value for those whom a full answer leaves out
//   may(user, value)   Spans: when the value may have been true
//   changes(user)      Spans: moments at which something may be told although the value stays the same
//   evenSo(user, value) Spans: when it may have been true even though Redis had lost everything
//   lapses(user)       a Set of moments: those in may() that are the ends of leases
import { effectOf } from './effect.mjs';
import { handOf } from './notes.mjs';
import { sessionTruth } from './sessions.mjs';
import { Spans } from './spans.mjs';

const sessionKinds = new Set(['join', 'heartbeat', 'poll', 'leave', 'closed']);

/* A join that was never answered may have made a session whose name nobody knows. */
const sessionOf = event => event.session ?? `?${event.id}`;

/*
 * REMOVAL once more, when all machines have heard of it: sessions that one of them let in before have ended by then. Null if the user
 * may have been added again.
 */
function echoOf(removal, events, patience) {
  const done = patience.followed(removal.done);
  const isBack = events.some(({ kind, sent }) => kind === 'add' && sent >= removal.sent && sent <= done);
  return removal.code !== 204 || done === removal.done || isBack ? null : { ...removal, sent: removal.done, done };
}

/* The deeds of a user's sessions, by the session's name, each with the user's removals. */
function bySession(events, patience) {
  const sessions = new Map();
  const removals = events
    .filter(event => event.kind === 'remove')
    .flatMap(removal => [removal, echoOf(removal, events, patience)])
    .filter(Boolean);
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

/*
 * SESSIONS, what the sessions of a user may give, under what the user may have said by HAND: as others see it (NAME mode) or as they
 * themselves do (own).
 */
function underHand(sessions, hand, name) {
  const is = mode => hand.spans(name, mode);
  const [lower, raise, plain] = ['lower', 'raise', 'plain'].map(is);
  const kept = Spans.union([plain, raise]);
  return {
    active: Spans.union([sessions.active.intersect(kept), sessions.away.intersect(raise)]),
    away: Spans.union([sessions.away.intersect(Spans.union([plain, lower])), sessions.active.intersect(lower)]),
    offline: Spans.union([sessions.offline, is('hide')]),
  };
}

function userTruth(events, hand, patience, times) {
  const sessions = new Map();
  for (const [name, deeds] of bySession(events, patience))
    sessions.set(
      name,
      sessionTruth(
        deeds.sort((a, b) => a.sent - b.sent),
        patience,
        times,
      ),
    );
  const all = [...sessions.values()];
  const best = mostActive(all);
  const removals = events.filter(event => event.kind === 'remove').map(event => effectOf(event, patience, times));
  return {
    sessions,
    ...underHand(best, hand, 'mode'),
    own: underHand(best, hand, 'own'),
    visible: Spans.union(['lower', 'raise', 'plain'].map(mode => hand.spans('mode', mode))),
    lapses: new Set(all.flatMap(one => one.lapses)),
    removed: new Spans(removals.filter(Boolean).map(({ from, to }) => [from, to])),
  };
}

/** The layer for EVENTS, grouped by user in a Map. */
export function presenceLayer(byUser, patience, times) {
  const truths = new Map();
  const hand = handOf(byUser, patience, times);
  const of = user => {
    if (!truths.has(user)) truths.set(user, userTruth(byUser.get(user) ?? [], hand(user), patience, times));
    return truths.get(user);
  };
  return {
    name: 'status',
    absent: 'offline',
    values: ['active', 'away', 'offline'],
    read: entry => entry.status,
    may: (user, value) => of(user)[value] ?? Spans.never,
    own: (user, value) => of(user).own[value] ?? Spans.never,
    evenSo: (user, value) => (value === 'offline' ? Spans.always : of(user).visible),
    changes: user => of(user).removed,
    lapses: user => of(user).lapses,
    session: event => of(event.user).sessions.get(sessionOf(event)),
  };
}
