// SPDX-License-Identifier: ISC
// What the modules share.

/** What dots and lists say; pages may assign to it. */
export const labels = {
  active: 'active', away: 'away', offline: 'offline', unknown: 'unknown',
  dnd: 'do not disturb',
  since: (status, time) => `${status} since ${time}`,
};

export const random = () => [...crypto.getRandomValues(new Uint32Array(4))].map(n => n.toString(36)).join('');

/** Calls LISTENER at each of TYPES, until SIGNAL aborts. */
export const on = (target, types, listener, signal) =>
  types.split(' ').forEach(type => target.addEventListener(type, listener, { signal, capture: true, passive: true }));

/** Resolves when SIGNAL aborts. */
export const aborted = signal => new Promise(done => on(signal, 'abort', done));

/** Resolves after MS, or when SIGNAL aborts. */
export const pause = (ms, signal) => ms > 0 && new Promise(done => {
  const timer = setTimeout(done, signal.aborted ? 0 : ms);
  on(signal, 'abort', () => done(clearTimeout(timer)));
});
