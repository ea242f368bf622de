// SPDX-License-Identifier: ISC
// The layers of what people say by hand: whether they may be disturbed, and their text. What a layer is: presence.mjs.
import { handTruth } from './hand.mjs';
import { Spans } from './spans.mjs';

/** What people say, and claims say of them. */
export const texts = ['one', 'two', 'call'];

const known = new WeakMap();

/** What each user of BYUSER has said by hand, worked out once: a function of the user. */
export function handOf(byUser, patience, times) {
  if (!known.has(byUser)) {
    const truths = new Map();
    known.set(byUser, user => {
      if (!truths.has(user)) truths.set(user, handTruth(byUser.get(user) ?? [], patience, times));
      return truths.get(user);
    });
  }
  return known.get(byUser);
}

/* The layer NAME, whose VALUES, the first of which is that of somebody who says nothing, READ takes from entries. */
function noteLayer(name, values, read, hand) {
  const spans = new Map(); /* by user and value */
  return {
    name,
    values,
    absent: values[0],
    read,
    may(user, value) {
      const key = `${user} ${value}`;
      if (!spans.has(key)) spans.set(key, values.includes(value) ? hand(user).spans(name, value) : Spans.never);
      return spans.get(key);
    },
    evenSo: () => Spans.always,
    changes: user => hand(user).changes,
    lapses: () => new Set(),
  };
}

export const dndLayer = (...args) => noteLayer('dnd', [false, true], entry => entry.dnd === true, handOf(...args));
export const textLayer = (...args) => noteLayer('text', ['', ...texts], entry => entry.text ?? '', handOf(...args));
