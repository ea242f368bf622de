// SPDX-License-Identifier: ISC
// How late a true thing may come: the bound, and what is not the daemon's doing: the times in which this process itself stood
// still, and the fault.

export class Patience {
  /** BOUND in ms; STALLS: [{ from, to, late }] sorted; FAULT: { from, to }, or null: errors are allowed from one to the other. */
  constructor(bound, stalls = [], fault = null) {
    this.bound = bound;
    this.stalls = stalls;
    this.fault = fault;
  }

  /** How long this process stood still between FROM and TO. */
  lag(from, to) {
    let low = 0;
    let high = this.stalls.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.stalls[middle].to < from) low = middle + 1;
      else high = middle;
    }
    let sum = 0;
    for (let i = low; i < this.stalls.length && this.stalls[i].from <= to; i++) sum += this.stalls[i].late;
    return sum;
  }

  /** Whether anything of [from, to] was during the fault, or within a bound after it. */
  troubled(from, to = from) {
    return this.fault !== null && to >= this.fault.from && from <= this.fault.to + this.bound;
  }

  /** What is shown at T may have been true at this moment last. */
  oldest(t) {
    const usual = t - this.bound - this.lag(t - this.bound, t);
    return this.troubled(t) ? Math.min(usual, this.fault.from - this.bound) : usual;
  }

  /** What became true at T has to be told by this moment, to somebody who listens. */
  due(t) {
    const usual = t + this.bound + this.lag(t, t + this.bound);
    if (!this.fault || usual < this.fault.from || t > this.fault.to) return usual;
    return Math.max(usual, this.fault.to + this.bound + this.lag(this.fault.to, this.fault.to + this.bound));
  }
}
