// SPDX-License-Identifier: ISC
// Every choice of a run, from its seed. Who chooses has a stream of numbers of their own, so that what one does changes nothing
// for another.
import { createHash } from 'node:crypto';

export class Chance {
  #state;

  /** The stream of numbers that WORDS name. */
  constructor(...words) {
    const digest = createHash('sha256').update(words.join(' ')).digest();
    this.#state = [0, 4, 8, 12].map(at => digest.readUInt32LE(at));
  }

  /* sfc32 (PractRand): 32 bits. */
  #bits() {
    const s = this.#state;
    const sum = (s[0] + s[1] + s[3]++) >>> 0;
    s[0] = s[1] ^ (s[1] >>> 9);
    s[1] = (s[2] + (s[2] << 3)) >>> 0;
    s[2] = (((s[2] << 21) | (s[2] >>> 11)) + sum) >>> 0;
    return sum;
  }

  /** A number in [low, high). */
  between(low, high) {
    return low + ((high - low) * this.#bits()) / 2 ** 32;
  }

  /** A whole number from LOW to HIGH, both included. */
  int(low, high) {
    return Math.floor(this.between(low, high + 1));
  }

  /** True in SHARE of the cases. */
  is(share) {
    return this.between(0, 1) < share;
  }

  of(list) {
    return list[this.int(0, list.length - 1)];
  }

  /** COUNT different ones of LIST, or all. */
  some(list, count) {
    const rest = [...list];
    const out = [];
    while (out.length < count && rest.length > 0) out.push(...rest.splice(this.int(0, rest.length - 1), 1));
    return out;
  }

  /** One of TABLE's names, an object of name: weight. */
  weighted(table) {
    let at = this.between(
      0,
      Object.values(table).reduce((sum, weight) => sum + weight, 0),
    );
    return Object.keys(table).find(name => (at -= table[name]) < 0) ?? Object.keys(table)[0];
  }

  /** A time to pause in ms: MEAN on average, most are shorter, none is over four times as long. */
  pause(mean) {
    return Math.min(4 * mean, -mean * Math.log(1 - this.between(0, 1)));
  }
}
