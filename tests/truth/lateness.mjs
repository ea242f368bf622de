// SPDX-License-Identifier: ISC
// Whether readers were told in time: each picture must not show, for longer than the bound, what cannot be true any more.

const valueOf = (layer, telling) => (telling.entry ? layer.read(telling.entry) : layer.absent);

/*
 * When somebody who listens in the spans LISTENING was told too late of what is so from FROM on and was told at TO: the first
 * deadline that passed, or null.
 */
export function missedAt(listening, patience, from, to) {
  for (const [begun, ended] of listening) {
    if (ended < from) continue;
    if (begun > to) break;
    const due = patience.due(Math.max(from, begun));
    if (due < Math.min(to, ended)) return due;
  }
  return null;
}

function judgeShown(model, layer, story, shown, found) {
  const value = valueOf(layer, shown.telling);
  const gaps = layer.may(shown.user, value).gaps(model.patience.oldest(shown.from), shown.to);
  for (const [from, to] of gaps.filter(gap => gap[1] > shown.from)) {
    const due = missedAt(story.listening, model.patience, from, to);
    if (due === null) continue;
    found('missing', {
      at: due,
      who: story.reader,
      user: shown.user,
      what: `still showed ${shown.user} as ${value}, ${Math.round(to - from)} ms after that had ended`,
      since: from,
    });
  }
}

/* When VALUE surely was not true any more, seen from AT. */
function endedAt(layer, user, value, from, at) {
  const last = layer.may(user, value).gaps(from, at).at(-1);
  return last && last[1] === at ? last[0] : at;
}

/*
 * How long a change took, from the earliest moment at which it may have been true. Not for those who were not listening then, and
 * only if it is known well when that was.
 */
function measure(model, layer, story, shown, times) {
  const { user, telling, previous } = shown;
  const { patience } = model;
  if (telling.full || telling.event.discarded || !previous) return;
  const value = valueOf(layer, telling);
  const from = layer.may(user, value).startBefore(telling.at);
  if (from === undefined || from < previous.at || value === valueOf(layer, previous)) return;
  if (endedAt(layer, user, valueOf(layer, previous), from, telling.at) - from > model.times.bound) return;
  if (!story.listening.some(([begun, ended]) => begun <= from && telling.at <= ended)) return;
  const ms = telling.at - from;
  if (patience.troubled(from, telling.at)) times.troubled.push({ at: telling.at, ms });
  else if (layer.lapses(user).has(from)) times.lapse.push(ms);
  else times.change.push(ms);
}

/** Reports to FOUND what STORY showed for too long; adds to TIMES ({ change, lapse, troubled }) how long changes took. */
export function judgeLateness(model, story, found, times) {
  const told = new Map(); /* what each user's latest telling was */
  for (const shown of story.shown().sort((a, b) => a.from - b.from)) {
    shown.previous = told.get(shown.user);
    told.set(shown.user, shown.telling);
    for (const layer of model.layers) {
      judgeShown(model, layer, story, shown, found);
      measure(model, layer, story, shown, times);
    }
  }
}
