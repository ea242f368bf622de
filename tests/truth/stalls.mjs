// SPDX-License-Identifier: ISC
// How long this process itself stood still: what it saw then may be that much older than it thinks.

const TICK_MS = 20;
const NOISE_MS = 10;

export class Stalls {
  list = []; /* [{ from, to, late }] */
  #timer;

  /** Measures from now on; NOW(): the time in ms. */
  start(now) {
    let last = now();
    this.#timer = setInterval(() => {
      const time = now();
      const late = time - last - TICK_MS;
      if (late > NOISE_MS) this.list.push({ from: last, to: time, late });
      last = time;
    }, TICK_MS);
    return this;
  }

  stop() {
    clearInterval(this.#timer);
  }
}
