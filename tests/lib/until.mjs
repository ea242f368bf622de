// SPDX-License-Identifier: ISC
// Waiting for conditions, never for durations.
import { slowness } from './program.mjs';

export const pause = ms => new Promise(done => setTimeout(done, ms));

/** As many ms as what takes MS at most may take with sanitizers or under valgrind; MS itself with neither. */
export const atMost = ms => ms * slowness;

/**
 * Resolves with the first truthy value of FN (which may be async), asking again every few ms; throws after MS with WHAT was
 * waited for and what went wrong last. With sanitizers or under valgrind MS is more: see atMost().
 */
export async function until(fn, what, ms = 20000) {
  const most = atMost(ms);
  const end = Date.now() + most;
  let last = '';
  for (;;) {
    try {
      const value = await fn();
      if (value) return value;
      last = '';
    } catch (error) {
      last = `: ${error.message}`;
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${most} ms${last}`);
    await pause(20);
  }
}

/**
 * Runs FN(attempt), which resolves with how many ms something took, until that was MS or less, ATTEMPTS times at most: in the others the
 * machine may have stood still. Throws if it was more each time, and if it was more than LOOSE once. Resolves with the ms.
 */
export async function quickOnce(fn, ms, { loose = Infinity, attempts = 3 } = {}) {
  const took = [];
  while (took.length < attempts) {
    took.push(await fn(took.length));
    if (took.at(-1) > atMost(loose)) break;
    if (took.at(-1) <= atMost(ms)) return took.at(-1);
  }
  throw new Error(`it took ${took} ms, which should be ${atMost(ms)} in one attempt, and never more than ${atMost(loose)}`);
}
