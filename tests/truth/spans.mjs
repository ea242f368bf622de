// SPDX-License-Identifier: ISC
// A set of moments: closed intervals [from, to], sorted, none touching another. Immutable.

function merged(pairs) {
  const sorted = pairs.filter(([from, to]) => from <= to).sort((a, b) => a[0] - b[0]);
  const out = [];
  for (const [from, to] of sorted) {
    const last = out.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else out.push([from, to]);
  }
  return out;
}

export class Spans {
  static never = new Spans([]);
  static always = new Spans([[-Infinity, Infinity]]);

  /** Of PAIRS [from, to], in any order; those that end before they begin are none. */
  constructor(pairs) {
    this.pairs = merged(pairs);
  }

  static union(all) {
    return new Spans(all.flatMap(one => one.pairs));
  }

  static intersection(all) {
    return all.reduce((sum, one) => sum.intersect(one), Spans.always);
  }

  intersect(other) {
    const out = [];
    for (let i = 0, j = 0; i < this.pairs.length && j < other.pairs.length;) {
      const a = this.pairs[i];
      const b = other.pairs[j];
      out.push([Math.max(a[0], b[0]), Math.min(a[1], b[1])]);
      if (a[1] < b[1]) i++;
      else j++;
    }
    return new Spans(out);
  }

  /* The index of the last interval that begins at or before T, or -1. */
  #before(t) {
    let low = 0;
    let high = this.pairs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.pairs[middle][0] <= t) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Whether any moment of [from, to] is in it. */
  touches(from, to) {
    const at = this.#before(to);
    return at >= 0 && this.pairs[at][1] >= from;
  }

  has(t) {
    return this.touches(t, t);
  }

  /** Its intervals that touch [from, to]. */
  between(from, to) {
    return this.pairs.slice(0, this.#before(to) + 1).filter(pair => pair[1] >= from);
  }

  /** When the last interval that begins at or before T begins; undefined if there is none. */
  startBefore(t) {
    return this.pairs[this.#before(t)]?.[0];
  }

  /** The maximal intervals of [from, to] that it does not touch, as pairs. */
  gaps(from, to) {
    const out = [];
    let at = from;
    for (let i = Math.max(0, this.#before(from)); i < this.pairs.length && this.pairs[i][0] < to; i++) {
      if (this.pairs[i][0] > at) out.push([at, this.pairs[i][0]]);
      at = Math.max(at, this.pairs[i][1]);
    }
    if (at < to) out.push([at, to]);
    return out;
  }
}
