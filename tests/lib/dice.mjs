// SPDX-License-Identifier: ISC
// Chance that can be had again: the same seed gives the same numbers.

/** The seed in the environment (SEED), or a new one; say it when something fails. */
export const newSeed = () => Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

export class Dice {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  /** A number from 0 to below 1 (mulberry32). */
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to below N. */
  below(n) {
    return Math.floor(this.next() * n);
  }

  pick(list) {
    return list[this.below(list.length)];
  }

  bytes(n) {
    return Buffer.from(Array.from({ length: n }, () => this.below(256)));
  }
}
