// SPDX-License-Identifier: ISC
// What a user may have said by hand at each moment, and what others may see of that.
//
// A state is { base, temporary, claims }: base and temporary { show, dnd, text }, temporary null or with `ends`, the [earliest, latest]
// moment of its end; claims [{ name, show, dnd, text, priority, ends, variant }]. Nothing is ever restored: what is seen is worked
// out from the layers that have not ended. While it is not known whether a deed has worked, or a layer has ended, several
// states are possible.
import { effectOf } from './effect.mjs';
import { Spans } from './spans.mjs';

/** A layer may end this much early (ms): clocks count whole milliseconds. */
const EARLY = 20;

/** And this much late, with the bound 1 s. */
const LATE = 500;

/** More states than these are not told apart: the likeliest are kept. */
const STATES = 64;

const TEMPORARY = 7;
const BASE = 4;

const deeds = new Set(['say', 'unsay', 'claim', 'unclaim', 'remove']);
const nothing = { base: {}, temporary: null, claims: [] };

const isInvisible = ({ base, temporary }) => (temporary?.show ?? base.show) === 'invisible';

/* ---- what is seen of a state ---- */

/* All layers, the highest first; equal ones in the order in which they win. */
const sorted = ({ base, temporary }, claims) =>
  [{ ...temporary, priority: TEMPORARY }, { ...base, priority: BASE }, ...claims].sort((a, b) => b.priority - a.priority);

const modes = { away: 'lower', active: 'raise' };
const modeOf = layers => modes[layers.find(({ show }) => show !== undefined && show !== 'invisible')?.show] ?? 'plain';

/** What others see of STATE, all of whose layers are live, and OWN, what is true: { mode, own, dnd, text }. */
export function seenOf(state) {
  const invisible = isInvisible(state);
  const toOthers = state.claims.filter(({ variant }) => variant === 'plain' || variant === (invisible ? 'frozen' : 'unseen'));
  const layers = sorted(state, toOthers);
  const true_ = sorted(state, state.claims.filter(({ variant }) => variant !== 'frozen'));
  return {
    mode: invisible ? 'hide' : modeOf(layers),
    own: modeOf(true_),
    dnd: state.temporary?.dnd !== false && layers.some(({ dnd }) => dnd === true),
    text: layers.find(({ text }) => text !== undefined)?.text ?? '',
  };
}

/* ---- deeds ---- */

/* STATE without the layers that are over between FROM and TO: each of the states that this may be. */
function resolved(state, from, to) {
  const choices = ({ ends: [min, max] }) => (max < from ? [false] : min > to ? [true] : [true, false]);
  const temporaries = state.temporary ? choices(state.temporary).map(is => (is ? state.temporary : null)) : [null];
  const lists = state.claims.reduce(
    (all, claim) => all.flatMap(list => choices(claim).map(is => (is ? [...list, claim] : list))),
    [[]],
  );
  return temporaries.flatMap(temporary => lists.map(claims => ({ ...state, temporary, claims })));
}

/* What was hidden from others because its owner was invisible is so no longer, if they are not. */
function normal(state) {
  if (isInvisible(state)) return state;
  const claims = state.claims.filter(({ variant }) => variant !== 'frozen').map(claim => ({ ...claim, variant: 'plain' }));
  return { ...state, claims };
}

/* What STATE is without its claim NAME: an invisible owner's is still seen. */
function withoutClaim(state, name) {
  const freeze = claim => (claim.name === name && claim.variant === 'plain' ? { ...claim, variant: 'frozen' } : claim);
  const goes = isInvisible(state) ? ({ variant }) => variant === 'unseen' : () => true;
  return state.claims.filter(claim => claim.name !== name || !goes(claim)).map(freeze);
}

/* Without an end it becomes part of what was said before, where false, "" and auto take back. */
function merged(base, said) {
  const all = { ...base, ...said };
  if (all.dnd === false) delete all.dnd;
  if (all.text === '') delete all.text;
  if (all.show === 'auto') delete all.show;
  return all;
}

function done(state, { kind, said, all, name, ends }) {
  switch (kind) {
  case 'say':
    return ends
      ? { ...state, temporary: { ...said, ends } }
      : { ...state, base: merged(state.base, said), temporary: null };
  case 'unsay':
    return { ...state, base: all || !state.temporary ? {} : state.base, temporary: null };
  case 'claim': {
    const variant = isInvisible(state) ? 'unseen' : 'plain';
    return { ...state, claims: [...withoutClaim(state, name), { ...said, name, ends, variant }] };
  }
  case 'unclaim':
    return { ...state, claims: withoutClaim(state, name) };
  default:
    return nothing;
  }
}

const unique = states => [...new Map(states.map(one => [JSON.stringify(one), one])).values()].slice(-STATES);

const after = (states, step) =>
  unique(states.flatMap(state => resolved(state, step.from, step.to)).map(state => normal(done(normal(state), step))));

/* ---- the course of a user ---- */

/*
 * When what lasts LENGTH from STEP on ends. It counts from Redis's time as a worker follows it, which is behind on a machine that
 * stands still. What is held during a fault lasts until its end. If Redis's clock moves, what was said before may end at any time,
 * or be there again.
 */
function endsOf({ from, to }, length, patience) {
  const { fault } = patience;
  const [min, max] = [from + length - EARLY - patience.lag(from - patience.bound, to), to + length + LATE];
  if (!fault || from > fault.to) return [min, max];
  if (fault.moved) return [min, Infinity];
  return [min, max < fault.from ? max : Math.max(max, fault.to)];
}

function stepsOf(events, patience, times) {
  return events
    .filter(event => deeds.has(event.kind))
    .map(event => ({ ...event, ...effectOf(event, patience, times) }))
    .filter(step => step.from !== undefined)
    .map(step => (step.length ? { ...step, ends: endsOf(step, step.length, patience) } : step));
}

/* The states that are possible, each list from when on and until when: [{ states, from, to }]. */
function periodsOf(steps) {
  const periods = [{ states: [nothing], from: -Infinity, to: Infinity }];
  const late = []; /* those that may still come */
  for (const step of steps) {
    const { states } = periods.at(-1);
    let next = after(states, step);
    if (step.sure) for (const period of periods) period.to = Math.min(period.to, step.to);
    else next = unique([...states, ...next]);
    for (const one of late) if (one.to >= step.from) next = unique([...next, ...after(next, { ...one, from: step.from })]);
    if (!step.sure) late.push(step);
    periods.push({ states: next, from: step.from, to: Infinity });
  }
  return periods;
}

const layersOf = ({ temporary, claims }) => [...(temporary ? [temporary] : []), ...claims];

/* What is seen of STATE between FROM and TO as its layers end: [[seen, from, to]]. */
function courseOf(state, from, to) {
  const layers = layersOf(state);
  return Array.from({ length: 2 ** layers.length }, (_, over) => {
    const ended = layers.filter((_layer, i) => over & (1 << i));
    const left = { ...state, temporary: ended.includes(state.temporary) ? null : state.temporary, claims: state.claims.filter(one => !ended.includes(one)) };
    const begins = Math.max(from, ...ended.map(({ ends }) => ends[0]));
    const ceases = Math.min(to, ...layersOf(left).map(({ ends }) => ends[1]));
    return [seenOf(left), begins, ceases];
  }).filter(([, begins, ceases]) => begins <= ceases);
}

/* When a Redis that lost everything may not know what users say. */
const lostSpan = ({ fault }) => (fault?.amnesia ? [fault.from, fault.to] : null);

const spansBy = (pairs, name, value) =>
  new Spans(pairs.filter(([seen]) => seen[name] === value).map(([, from, to]) => [from, to]));

/**
 * What a user's statuses by hand may have been: { spans(name, value), changes }. NAME: mode (hide, lower, raise or plain), own (the
 * same, as the user themselves is told), dnd, text; changes: Spans in which something may be told anew. EVENTS: all that is theirs.
 */
export function handTruth(events, patience, times) {
  const steps = stepsOf(events, patience, times);
  const pairs = periodsOf(steps).flatMap(({ states, from, to }) => states.flatMap(state => courseOf(state, from, to)));
  const lost = lostSpan(patience);
  if (lost) pairs.push([{ dnd: false, text: '' }, ...lost]);
  const moments = steps.flatMap(step => [[step.from, step.to], ...(step.ends ? [step.ends] : [])]);
  return {
    steps,
    spans: (name, value) => spansBy(pairs, name, value),
    changes: new Spans(lost ? [...moments, lost] : moments),
  };
}
