// SPDX-License-Identifier: ISC
// When a request took effect, as far as its client can know: at some moment of a window, surely or perhaps.

/* A worker refuses calls that waited in Redis for longer than this; until then one that was answered 503 may still come. */
const LATE_MS = 5500;

const isAnswered = code => typeof code === 'number' && code >= 200 && code < 300;
const isRefused = code => [400, 401, 403, 404, 409, 410, 413, 414, 429].includes(code);

/** Whether DEED failed in a way that does not say whether anything was done: no answer, or 5xx. */
export const isUnclear = deed => !isAnswered(deed.code) && !isRefused(deed.code) && deed.code !== 'dropped';

/*
 * A poll is answered late, so it counts as done a bound after it was sent. If its client dropped it before that, it may never have
 * arrived.
 */
function ofPoll(deed, patience) {
  const soon = patience.soon(deed.sent);
  const troubled = patience.troubled(deed.sent, deed.done);
  if (isAnswered(deed.code))
    return { from: deed.sent, to: troubled ? deed.done : Math.min(deed.done, soon), sure: true };
  if (deed.code === 403) return { from: deed.sent, to: deed.done, sure: false };
  if (deed.code !== 'dropped') return null;
  if (deed.done > soon && !troubled) return { from: deed.sent, to: soon, sure: true };
  return { from: deed.sent, to: deed.done + patience.bound, sure: false };
}

/* A connection that was lost is noticed within DETECT ms, if the web server tells. */
function ofClosed(deed, patience, detect) {
  if (deed.told === 'no') return null;
  const to = patience.soon(deed.sent) + detect - patience.bound;
  return { from: deed.sent, to, sure: deed.told === 'yes' && !patience.troubled(deed.sent, to) };
}

/**
 * The effect of DEED: { from, to, sure }, or null if it has none. TIMES.detect: how soon a worker learns of a lost connection
 * (ms).
 */
export function effectOf(deed, patience, times) {
  const effect = effectHere(deed, patience, times);
  return effect && { ...effect, sure: effect.sure && !patience.mayLose(effect.from, effect.to) };
}

/** The same of a DEED that is written to the directory, on all machines: those that were not asked have it a little later. */
export function effectEverywhere(deed, patience, times) {
  const effect = effectOf(deed, patience, times);
  return effect && { ...effect, to: patience.followed(effect.to) };
}

function effectHere(deed, patience, times) {
  if (deed.kind === 'closed') return ofClosed(deed, patience, times.detect);
  if (isUnclear(deed)) {
    const late = deed.n === undefined ? LATE_MS : 0; /* with a count, a later beat overtakes it for good */
    return { from: deed.sent, to: deed.done + late, sure: false };
  }
  if (deed.kind === 'poll') return ofPoll(deed, patience);
  if (isAnswered(deed.code)) return { from: deed.sent, to: deed.done, sure: true };
  if (deed.code === 'dropped') return { from: deed.sent, to: deed.done + patience.bound, sure: false };
  return null;
}
