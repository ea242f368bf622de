// SPDX-License-Identifier: ISC
// Waiting for conditions, never for durations.

export const pause = ms => new Promise(done => setTimeout(done, ms));

/**
 * Resolves with the first truthy value of FN (which may be async), asking again every few ms; throws after MS with WHAT was
 * waited for and what went wrong last.
 */
export async function until(fn, what, ms = 10000) {
  const end = Date.now() + ms;
  let last = '';
  for (;;) {
    try {
      const value = await fn();
      if (value) return value;
      last = '';
    } catch (error) {
      last = `: ${error.message}`;
    }
    if (Date.now() > end) throw new Error(`${what}: not within ${ms} ms${last}`);
    await pause(20);
  }
}
