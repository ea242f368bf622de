// SPDX-License-Identifier: ISC
// Whether a session may have been live, or may have left for good, when a request of it was served.
import { before } from './sessions.mjs';

const othersThan = (truth, event) =>
  truth.steps.filter(step => step.id !== event.id && step.from <= event.done && step.end >= event.sent);

/** Whether a beat with a higher count may have arrived before EVENT, which then is no beat. */
export function mayBeOvertaken(truth, event) {
  const step = truth.steps.find(one => one.id === event.id);
  return !step || truth.steps.some(one => one.n > step.n && one.era === step.era && one.from <= step.to);
}

/** What it may have been before EVENT took effect: { live, over }. Anything, if EVENT may have been overtaken. */
export function wasBefore(truth, event) {
  if (mayBeOvertaken(truth, event)) return { live: true, over: true };
  const step = truth.steps.find(one => one.id === event.id);
  const prior = before(step, truth.steps);
  return { live: prior.some(one => !one.offline), over: prior.some(one => one.offline) };
}

/** Whether it may have left before EVENT was served, so that 410 is right. */
export function mayHaveLeft(truth, event) {
  return othersThan(truth, event).some(step => step.kind === 'leave');
}

/* Whether STEP, a leave, is surely over when EVENT comes, and is surely remembered. */
function isOver(step, event, times) {
  if (!step.sure || step.to > event.sent || event.done > step.from + times.ttl - times.bound) return false;
  return step.now || step.outcomes.every(one => !one.offline && one.taken < event.sent);
}

/** Whether it had left before EVENT was sent, so that only 410 is right. */
export function mustHaveLeft(truth, event, times) {
  const others = othersThan(truth, event);
  return others.length > 0 && others.every(step => step.kind === 'leave' && isOver(step, event, times));
}
