// SPDX-License-Identifier: ISC
// How late a true thing may come: the bound, and what is not the daemon's doing: the times in which this process stood still or
// the machine was busy, and the fault.

/* How much of STALLS, which are in order, was between FROM and TO. */
function stalled(stalls, from, to) {
  let low = 0;
  let high = stalls.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (stalls[middle].to < from) low = middle + 1;
    else high = middle;
  }
  let sum = 0;
  for (let i = low; i < stalls.length && stalls[i].from <= to; i++) sum += stalls[i].late;
  return sum;
}

export class Patience {
  /**
   * BOUND in ms; STALLS: lists of [{ from, to, late }], each in order; FAULT: { from, to }, or null: errors are allowed from one to
   * the other, or of writes alone; FOLLOW: how soon all machines have what one has written, in ms.
   */
  constructor(bound, stalls = [], fault = null, follow = 0) {
    this.bound = bound;
    this.stalls = stalls;
    this.fault = fault?.writes ? null : fault;
    this.writes = fault?.writes ? fault : null;
    this.follow = follow;
    this.calm = this.fault && this.soon(this.fault.to);
    this.writesCalm = this.writes && this.soon(this.writes.to);
  }

  /** Whether what is written between FROM and TO may be refused. */
  mayRefuse(from, to) {
    return this.writes !== null && to >= this.writes.from && from <= this.writesCalm;
  }

  /** By when all machines have what was written by T, at the latest. */
  followed(t) {
    const late = this.writes && t >= this.writes.from - this.follow && t <= this.writes.to;
    return (late ? this.writes.to : t) + this.follow;
  }

  /** Whether what was done between FROM and TO may be lost. */
  mayLose(from, to) {
    const lost = this.fault?.lost;
    return Boolean(lost) && to >= lost.from && from <= lost.to;
  }

  /** How long nothing could be seen or done between FROM and TO. */
  lag(from, to) {
    return this.stalls.reduce((sum, list) => sum + stalled(list, from, to), 0);
  }

  /* How long a bound is that begins (WAY 1) or ends (WAY -1) at T: with all the stalls within it. */
  #stretched(t, way) {
    let length = this.bound;
    for (;;) {
      const [from, to] = way > 0 ? [t, t + length] : [t - length, t];
      const longer = this.bound + this.lag(from, to);
      if (longer <= length) return length;
      length = longer;
    }
  }

  /** Whether anything of [from, to] was during the fault, or within a bound after it. */
  troubled(from, to = from) {
    return this.fault !== null && to >= this.fault.from && from <= this.calm;
  }

  /** What is shown at T may have been true at this moment last. */
  oldest(t) {
    const usual = t - this.#stretched(t, -1);
    return this.troubled(t) ? Math.min(usual, this.fault.from - this.bound) : usual;
  }

  /** A bound after T, were there no fault. */
  soon(t) {
    return t + this.#stretched(t, 1);
  }

  /** What became true at T has to be told by this moment, to somebody who listens. */
  due(t) {
    const usual = this.soon(t);
    if (!this.fault || usual < this.fault.from || t > this.fault.to) return usual;
    return Math.max(usual, this.calm);
  }
}
