// SPDX-License-Identifier: ISC
// What people may have done at places at each moment, and who may know it. Pure, like the rest of the model.
//
// A thing is what a user does at a place: { user, place, doing, in, out }, Spans of the moments when they may have done it there, and
// when they may not. Each PUT of a session begins it, or goes on with it, until the first of its ends: its own, by time; what the
// session says later; what its user leaves, hides or does not want told; and the session's end. An end has an earliest and a latest
// moment, Infinity for one that may not have come.
import { effectEverywhere, effectOf } from './effect.mjs';
import { groupBy } from './group.mjs';
import { handOf } from './notes.mjs';
import { Spans } from './spans.mjs';

/** What is done may end this much early (ms): clocks count whole milliseconds. */
const EARLY = 20;
/** What a leave with a grace leaves of what is done, except typing. */
const REST = 1000;
/** Counts are remembered for at least so long. */
const COUNTED = 50000;

const kinds = new Set(['at', 'from']);

/* A PUT without a word is of this one. */
export const wordOf = ({ doing }) => doing ?? 'viewing';

/* One that was refused may still come, whatever its count: each thing has its own. */
const placeEffect = (event, { patience, times }) => effectOf({ ...event, n: undefined }, patience, times);

/* When what STEP begins ends by itself. A worker that is killed has not told Redis of the latest renewals. */
function ownEnd(step, { fault }) {
  const [min, max] = [step.from + step.length - EARLY, step.to + step.length];
  const isShort = (fault?.kills || fault?.moved) && step.from <= fault.to && max >= fault.from;
  return [isShort ? Math.min(min, fault.from) : min, max];
}

const never = [Infinity, Infinity];
const between = ({ from, to, sure }, after = true) => [from, sure && after ? to : Infinity];

/* Whether what OTHER says decides over STEP, which has a lower count. */
const concerns = (other, step) =>
  other.place === step.place && other.n > step.n && (wordOf(other) === wordOf(step) || (other.kind === 'from' && !other.doing));

/* Whether the counts of a session may have begun again between FROM and TO. */
const mayBeginAgain = (truth, from, to) =>
  truth.offline.touches(from, to) || truth.steps.some(step => step.kind === 'join' && step.from <= to && step.to >= from);

/* What a request of the session with a higher count makes of STEP. One that goes on with it ends it only if it is to end sooner. */
function saidEnd(later, step, truth) {
  if (!concerns(later, step) || later.to <= step.from) return never;
  const [from, to] = between(later, later.from >= step.to || !mayBeginAgain(truth, later.from, step.to));
  return [later.kind === 'at' && later.ends[0] >= step.ends[0] ? Infinity : from, to];
}

/* What the end of a page makes of it. */
function leftEnd(leave, step) {
  if (leave.to < step.from) return never;
  const rest = leave.now || wordOf(step) === 'typing' ? 0 : REST;
  const [from, to] = between(leave, leave.from >= step.to);
  return [from + rest - (rest && EARLY), to + rest];
}

const firstIn = (spans, from) => Math.max(from, spans.between(from, Infinity)[0]?.[0] ?? Infinity);

/* When it may not be so any more, by what MAY and MAYNOT be the case. A gap of less than LEAST(t) does not count. */
function spansEnd(may, mayNot, step, least = () => 0) {
  const begun = firstIn(may, step.from);
  const gap = may.gaps(begun, Infinity).find(([from, to]) => to - from > least(from));
  return [firstIn(mayNot, step.from), gap ? gap[0] : Infinity];
}

/* When USER may want it told that they type, and when not. A member who was removed begins again. */
function typingOf(events, model) {
  const steps = events
    .filter(({ kind }) => kind === 'settings' || kind === 'remove')
    .map(event => ({ on: event.kind === 'remove' || event.typing, ...effectEverywhere(event, model.patience, model.times) }))
    .filter(({ from }) => from !== undefined);
  steps.unshift({ on: true, from: -Infinity, to: -Infinity, sure: true });
  const pairs = { true: [], false: [] };
  steps.forEach((step, i) => {
    const next = steps.slice(i + 1).find(({ sure }) => sure);
    pairs[step.on].push([step.from, next ? next.to : Infinity]);
  });
  return { on: new Spans(pairs.true), off: new Spans(pairs.false) };
}

/* What decides over the things of one user: { session(event), visible, hidden, typing, leaves }. */
function circumstances(user, events, model) {
  const hand = handOf(model.byUser, model.patience, model.times)(user);
  const is = modes => Spans.union(modes.map(mode => hand.spans('mode', mode)));
  return {
    visible: is(['lower', 'raise', 'plain']),
    hidden: is(['hide']),
    typing: typingOf(events, model),
    leaves: groupBy(
      events
        .filter(({ kind }) => kind === 'leave')
        .map(event => ({ ...event, ...effectOf(event, model.patience, model.times) }))
        .filter(({ from }) => from !== undefined),
      ({ session }) => session,
    ),
  };
}

const liveOf = truth => Spans.union([truth.active, truth.away]);

/* Whether an earlier request with a higher count is surely known, so that STEP is ignored. */
function isOvertaken(step, steps, truth, { fault }) {
  return steps.some(
    other =>
      concerns(other, step) && other.sure && other.to <= step.from && step.to - other.from < COUNTED &&
      !mayBeginAgain(truth, other.from, step.to) && !(fault && step.to >= fault.from && other.from <= fault.to),
  );
}

/* Whether STEP, a PUT, may have begun something, and whether it surely has. */
function chancesOf(step, steps, truth, around, { patience }) {
  const { from, to } = step;
  const typing = wordOf(step) === 'typing';
  const lag = patience.due(to) - to + patience.bound;
  const may =
    liveOf(truth).touches(from - lag, to) && around.visible.touches(from, to) && (!typing || around.typing.on.touches(from, to)) &&
    !isOvertaken(step, steps, truth, patience);
  const doubts = [truth.offline, around.hidden, ...(typing ? [around.typing.off] : [])];
  const lost = patience.fault?.amnesia && patience.troubled(from, to);
  const late = steps.some(other => concerns(other, step) && other.from <= to);
  return { may, sure: may && step.sure && !lost && !late && !doubts.some(spans => spans.touches(from, to)) };
}

/* The ends of STEP. What Redis has lost with everything may come back with a dump, so then none but its own is certain. */
function endsOf(step, steps, truth, around, { patience }) {
  const lag = t => patience.due(t) - t + patience.bound;
  const all = [
    ...steps.map(later => saidEnd(later, step, truth)),
    ...(around.leaves.get(step.session) ?? []).map(leave => leftEnd(leave, step)),
    spansEnd(liveOf(truth), truth.offline, step, lag),
    spansEnd(around.visible, around.hidden, step),
    ...(wordOf(step) === 'typing' ? [spansEnd(around.typing.on, around.typing.off, step)] : []),
  ];
  const { fault } = patience;
  const isLost = fault?.amnesia && step.from < fault.to;
  const rest = isLost ? all.map(([min, max]) => [min, max <= fault.to ? Infinity : max]) : all;
  return [step.ends, ...rest, ...(isLost ? [[Math.max(step.from, fault.from), Infinity]] : [])];
}

/* What STEP, a PUT, makes of its thing: pairs of moments { may, sure }, or null. */
function courseOf(step, steps, truth, around, model) {
  const chances = chancesOf(step, steps, truth, around, model);
  if (!chances.may) return null;
  const ends = endsOf(step, steps, truth, around, model);
  const { fault } = model.patience;
  /* If Redis's clock moves, what was over may go on. */
  const latest = fault?.moved && step.from <= fault.to ? Infinity : Math.min(...ends.map(([, max]) => max));
  const earliest = Math.min(...ends.map(([min]) => min));
  return { may: [step.from, latest], sure: chances.sure && earliest > step.to ? [step.to, earliest] : null };
}

/* All that one session does: [{ step, may, sure }]. */
function coursesOf(events, around, model) {
  const truth = model.sessionOf(events[0]);
  if (!truth) return [];
  const steps = events
    .map(event => ({ ...event, ...placeEffect(event, model) }))
    .filter(({ from }) => from !== undefined)
    .map(step => (step.kind === 'at' ? { ...step, ends: ownEnd(step, model.patience) } : step));
  return steps
    .filter(({ kind }) => kind === 'at')
    .map(step => ({ step, ...courseOf(step, steps, truth, around, model) }))
    .filter(({ may }) => may);
}

function thingsOf(user, events, model) {
  const around = circumstances(user, events, model);
  const sessions = groupBy(events.filter(({ kind, session }) => kinds.has(kind) && session), ({ session }) => session);
  const courses = [...sessions.values()].flatMap(those => coursesOf(those, around, model));
  const groups = groupBy(courses, ({ step }) => `${step.place}\n${wordOf(step)}`);
  return [...groups.values()].map(those => {
    const { step } = those[0];
    const sure = new Spans(those.map(one => one.sure).filter(Boolean));
    return {
      user,
      place: step.place,
      doing: wordOf(step),
      in: new Spans(those.map(({ may }) => may)),
      out: new Spans(sure.gaps(-Infinity, Infinity)),
    };
  });
}

/* Who takes part in each conversation that somebody was told of: a Map of sets. Nobody is taken out but by their removal. */
function partnersOf(events) {
  const dms = new Map();
  for (const { kind, code, user, other, body } of events)
    if (kind === 'dm' && (code === 200 || code === 201)) dms.set(`dm:${body.id}`, new Set([user, other]));
  return dms;
}

export class Places {
  /** Of MODEL, whose layers are known. After this, things: a Map of lists, by place. */
  constructor(model) {
    this.model = model;
    this.dms = partnersOf(model.history.events);
    this.things = groupBy(
      [...model.byUser].flatMap(([user, events]) => thingsOf(user, events, model)),
      ({ place }) => place,
    );
  }

  /** Whether PLACE is open to USER, a member who was never removed. */
  isOpen(place, user) {
    return !place.startsWith('dm:') || this.dms.get(place)?.has(user) === true;
  }

  /** Whether USER did not want to know who types from FROM to TO; undefined if that is not certain. */
  isQuiet(user, from, to) {
    const { on, off } = typingOf(this.model.byUser.get(user) ?? [], this.model);
    return on.touches(from, to) && off.touches(from, to) ? undefined : off.touches(from, to);
  }

  /** Whether anything may have begun or ended from FROM to TO at the places that USER asks for by NAMES. */
  mayMove(user, names, from, to) {
    return this.askedBy(user, names).some(place =>
      this.things.get(place).some(thing => thing.in.touches(from, to) && thing.out.touches(from, to)),
    );
  }

  /** What may be done at PLACE, as USER may know it; QUIET: without who types. */
  seenAt(place, user, quiet) {
    if (!this.isOpen(place, user)) return [];
    return (this.things.get(place) ?? []).filter(({ doing }) => !quiet || doing !== 'typing');
  }

  /** All places that may be told to USER, who asks for NAMES. */
  askedBy(user, names) {
    const named = new Set(names);
    return [...this.things.keys()].filter(
      place => this.isOpen(place, user) && (named.has(place) || (place.startsWith('dm:') && named.has('dm:*'))),
    );
  }
}
