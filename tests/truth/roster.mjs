// SPDX-License-Identifier: ISC
// Who may have been a member, and what made the lists of members and conversations change.
import { effectEverywhere } from './effect.mjs';
import { handOf } from './notes.mjs';
import { Spans } from './spans.mjs';

/* When USER may have been a member, and when not. All are members at first. */
function membership(events, patience, times) {
  const steps = events
    .filter(event => event.kind === 'remove' || event.kind === 'add')
    .map(event => ({ kind: event.kind, ...effectEverywhere(event, patience, times) }))
    .filter(step => step.from !== undefined);
  steps.unshift({ kind: 'add', from: -Infinity, to: -Infinity, sure: true });
  const pairs = { add: [], remove: [] };
  steps.forEach((step, i) => {
    const next = steps.slice(i + 1).find(later => later.sure);
    pairs[step.kind].push([step.from, next ? next.to : Infinity]);
  });
  return { member: new Spans(pairs.add), stranger: new Spans(pairs.remove) };
}

/* The users whose list of conversations EVENT may change; somebody who is removed loses theirs. */
function dmsTouched(event, pairs) {
  if (event.kind === 'dm') return event.code === 200 ? [] : [event.user, event.other];
  return event.kind === 'remove' ? pairs.filter(pair => pair.includes(event.user)).flat() : [];
}

/*
 * The marks that events make: { what: 'members', 'dms' or 'me', users: a Set or null for all, from, to, sure }. A conversation may have been
 * opened before, so that a mark for its participants is never sure when somebody is removed.
 */
function marksOf(events, patience, times) {
  const marks = [];
  const pairs = [];
  for (const event of events) {
    const effect = ['add', 'remove', 'dm'].includes(event.kind) && effectEverywhere(event, patience, times);
    if (!effect) continue;
    if (patience.fault?.forgets && patience.troubled(event.sent, event.done)) effect.sure = false;
    if (event.kind === 'dm') pairs.push([event.user, event.other]);
    else marks.push({ what: 'members', users: null, ...effect, about: event.user });
    const users = dmsTouched(event, pairs);
    if (users.length === 0) continue;
    marks.push({
      what: 'dms',
      users: new Set(users),
      ...effect,
      sure: effect.sure && event.kind === 'dm',
      about: event.user,
    });
  }
  return marks;
}

/* A setting is the user's own, too, and who is removed loses all of that. */
const settingMarks = (events, patience, times) =>
  events
    .filter(({ kind }) => ['settings', 'remove', 'add'].includes(kind))
    .map(event => ({ what: 'me', users: new Set([event.user]), about: event.user, ...effectEverywhere(event, patience, times), sure: false }))
    .filter(({ from }) => from !== undefined);

/* Whoever says something by hand is told so on all their tabs; of its end, too. */
function ownMarks(byUser, hand) {
  return [...byUser.keys()].flatMap(user =>
    hand(user).steps.filter(({ kind }) => kind !== 'remove').flatMap(({ kind, from, to, sure, ends }) => {
      const mark = { what: 'me', users: new Set([user]), about: user };
      const isNews = sure && (kind === 'say' || kind === 'claim'); // there may be nothing to take back
      return [{ ...mark, from, to, sure: isNews }, ...(ends ? [{ ...mark, from: ends[0], to: ends[1], sure: false }] : [])];
    }),
  );
}

export class Roster {
  /** EVENTS: all, in the order in which they were sent; BYUSER: the same, grouped. */
  constructor(events, byUser, patience, times) {
    this.marks = [
      ...marksOf(events, patience, times),
      ...settingMarks(events, patience, times),
      ...ownMarks(byUser, handOf(byUser, patience, times)),
    ];
    this.of = user => membership(byUser.get(user) ?? [], patience, times);
    this.known = new Map();
  }

  #get(user) {
    if (!this.known.has(user)) this.known.set(user, this.of(user));
    return this.known.get(user);
  }

  /** Spans: when USER may have been a member. */
  member(user) {
    return this.#get(user).member;
  }

  /** Spans: when USER may not have been one. */
  stranger(user) {
    return this.#get(user).stranger;
  }
}
