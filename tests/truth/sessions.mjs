// SPDX-License-Identifier: ISC
// What a session may have been at each moment, from what its user did and how that was answered.
//
// Each deed that may have had an effect is a step: { kind, from, to, sure, ... }. It took effect at some moment of [from, to], or
// perhaps never. A step is current from then until a sure step that came later has taken effect. While a step is current it has
// outcomes { status, min, max }: that status, until a lease that ends at some moment of [min, max], then offline.
// Where the order of two steps cannot be known, both are possible.
import { effectOf, isUnclear } from './effect.mjs';
import { Spans } from './spans.mjs';

/** A lease may end this much early (ms): clocks count whole milliseconds. */
const EARLY = 20;

const isBeat = step => ['join', 'heartbeat', 'poll'].includes(step.kind);
const holds = step => step.kind === 'join' || step.kind === 'poll';

const leaseOf = (step, times) => (step.kind === 'poll' ? Math.max(times.wait, times.heartbeat) + times.gap : times.ttl);

/* Whether the counts of two beats decide which of them counts: one that was overtaken changes nothing. */
const areCounted = (a, b) => a.n !== undefined && b.n !== undefined && a.era === b.era;

/* Whether LATER took effect after STEP, if both did. */
function comesAfter(later, step) {
  return areCounted(later, step) ? later.n > step.n : later.from >= step.to;
}

/* Whether LATER undoes STEP, or keeps it from having an effect. */
function follows(later, step) {
  if (comesAfter(later, step)) return true;
  if (step.kind === 'closed' && holds(later) && later.from > step.of) return true;
  /* Whatever was under way when a member was removed is undone, or refused. */
  return later.kind === 'remove' && step.from < later.to;
}

/* A beat that was refused, and tried again, overtakes nothing that was sent after it: it may never have been done. */
const isVain = (later, step) => later.retried !== undefined && later.from < step.from;

/* Until when STEP may have been current. */
function endOf(step, steps) {
  return steps.reduce(
    (end, later) => (later !== step && later.sure && later.to < end && follows(later, step) && !isVain(later, step) ? later.to : end),
    Infinity,
  );
}

/** What the session may have been when STEP took effect: outcomes, { offline: true } for one that is not live. */
export function before(step, steps) {
  const all = steps.filter(one => one !== step && one.from <= step.to && one.end >= step.from && !comesAfter(one, step));
  return all
    .flatMap(one => one.outcomes ?? [])
    .flatMap(one => {
      if (one.offline) return [one];
      const out = [];
      if (one.taken >= step.from) out.push(one);
      if (one.min <= step.to) out.push({ offline: true });
      return out;
    });
}

const unique = outcomes => [
  ...new Map(outcomes.map(one => [`${one.offline} ${one.status} ${one.min} ${one.max}`, one])).values(),
];

/* The session has STATUS, or if that is not given what it was; a new one is active. */
function beatOutcomes(step, prior, times) {
  const lease = leaseOf(step, times);
  const kept = prior.map(one => (one.offline ? 'active' : one.status));
  const statuses = step.status
    ? [step.status]
    : new Set([...kept, ...(prior.some(one => one.offline) ? ['active'] : [])]);
  return [...statuses].map(status => ({ status, min: step.from + lease - EARLY, max: step.to + lease }));
}

/* The lease is cut to GRACE, never lengthened. */
function cutOutcomes(step, prior, grace) {
  return prior.map(one =>
    one.offline
      ? one
      : {
        status: one.status,
        min: Math.max(step.from, Math.min(one.min, step.from + grace - EARLY)),
        max: Math.min(one.max, step.to + grace),
      },
  );
}

/* Its client was refused during the fault, which is not an absence: it stays what it was until it has tried again. */
function heldOutcomes(step, prior, times) {
  const min = step.retried + EARLY;
  const max = step.to + leaseOf(step, times);
  const kept = prior.map(one =>
    one.offline ? one : { status: one.status, min: Math.max(one.min, min), max: Math.max(one.max, max) },
  );
  return [...kept, ...beatOutcomes(step, prior, times).map(one => ({ ...one, min, max }))];
}

function outcomesOf(step, steps, times) {
  switch (step.kind) {
  case 'join':
  case 'heartbeat':
  case 'poll':
    return unique(
      step.retried ? heldOutcomes(step, before(step, steps), times) : beatOutcomes(step, before(step, steps), times),
    );
  case 'leave':
    return step.now ? [{ offline: true }] : unique(cutOutcomes(step, before(step, steps), times.leaveGrace));
  case 'closed':
    return unique(cutOutcomes(step, before(step, steps), times.closedGrace));
  case 'loss': // an older dump has what it was a while ago
    return unique([{ offline: true }, ...before(step, steps)]);
  default:
    return [{ offline: true }];
  }
}

/* When the client had tried again after DEED, a beat, failed during a fault; undefined if it did not, or not for that reason. */
function retryOf(deed, deeds, patience, times) {
  const { fault } = patience;
  if (!isBeat(deed) || !isUnclear(deed) || !patience.troubled(deed.sent, deed.done)) return undefined;
  if (fault.amnesia || fault.unheard) return undefined;
  /* Not stretched by stalls: who stood still in between may have lapsed. */
  const soon = deed.done + (deed.retry ? deed.retry * 1000 : 0) + times.retry + patience.bound;
  return deeds.find(other => isBeat(other) && other.sent >= deed.done && other.sent <= soon)?.done;
}

/* A beat that its client sends again soon counts like one that was accepted. */
function stepOf(deed, deeds, patience, times) {
  const effect = effectOf(deed, patience, times);
  if (!effect) return null;
  const retried = retryOf(deed, deeds, patience, times);
  return { ...deed, ...effect, retried, sure: effect.sure || (retried !== undefined && deed.n !== undefined) };
}

/* If the web server died, the daemon takes the client for one that has gone. */
function lostStep(deed, patience, times) {
  if (deed.kind !== 'poll' || deed.code !== 0 || !patience.troubled(deed.sent, deed.done)) return null;
  const from = Math.max(deed.sent, deed.done - times.detect);
  return { kind: 'closed', of: deed.sent, from, to: patience.soon(deed.done), sure: false };
}

/* A join begins the count of beats again. */
function countEras(deeds) {
  let era = 0;
  return deeds.map(deed => ({ ...deed, era: deed.kind === 'join' ? ++era : era }));
}

function stepsOf(deeds, patience, times) {
  const counted = countEras(deeds);
  const steps = counted
    .flatMap(deed => [stepOf(deed, counted, patience, times), lostStep(deed, patience, times)])
    .filter(Boolean);
  const first = { kind: 'none', from: -Infinity, to: -Infinity, sure: true };
  const all = [first, ...steps];
  const { fault } = patience;
  if (fault?.amnesia) all.push({ kind: 'loss', from: fault.from, to: fault.to, sure: false });
  return all.sort((a, b) => a.from - b.from);
}

/* During a fault expiry may be held: a lease that ends then may last until the fault is over. */
function lastOf(max, { fault }) {
  return fault && max >= fault.from && max < fault.to ? fault.to : max;
}

function pairsOf(step, patience) {
  const until = step.end;
  return step.outcomes.flatMap(one =>
    one.offline
      ? [['offline', step.from, until]]
      : [
        [one.status, step.from, Math.min(until, lastOf(one.max, patience))],
        ['offline', Math.max(step.from, one.min), until],
      ],
  );
}

/**
 * What a session may have been: { active, away, offline: Spans, lapses: [moments], steps }. DEEDS: all that its user did to it, in
 * the order in which they were sent, and their removals; TIMES in ms.
 */
export function sessionTruth(deeds, patience, times) {
  const steps = stepsOf(deeds, patience, times);
  for (const step of steps) step.end = endOf(step, steps);
  const current = steps.filter(step => step.end >= step.from);
  /* Twice: what a step finds may be the work of one that was sent later. */
  for (let pass = 0; pass < 2; pass++)
    for (const step of current) {
      step.outcomes = outcomesOf(step, current, times);
      /* Until expiry takes it, a session whose lease has ended may still be what it was. */
      for (const one of step.outcomes) if (!one.offline) one.taken = patience.due(one.max) + times.bound;
    }
  const pairs = current.flatMap(step => pairsOf(step, patience));
  const spansOf = status => new Spans(pairs.filter(([name]) => name === status).map(([, from, to]) => [from, to]));
  const lapses = current.flatMap(step =>
    step.outcomes.flatMap(one => (one.offline || one.min > step.end ? [] : [one.min])),
  );
  return { active: spansOf('active'), away: spansOf('away'), offline: spansOf('offline'), lapses, steps: current };
}
