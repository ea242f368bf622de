// SPDX-License-Identifier: ISC
// Whether what a reader was told was true, and whether it was news.

const valueOf = (layer, telling) => (telling.entry ? layer.read(telling.entry) : layer.absent);

function untrue(model, layer, story, telling, found) {
  const { patience } = model;
  const value = valueOf(layer, telling);
  const isLost = patience.fault?.amnesia && patience.troubled(telling.at);
  const spans = isLost ? layer.evenSo(telling.user, value) : layer.may(telling.user, value);
  if (spans.touches(patience.oldest(telling.since), telling.at)) return;
  found('untrue', {
    at: telling.at,
    who: story.reader,
    user: telling.user,
    what: `was told that ${telling.user} is ${value}${telling.entry ? '' : ' (by leaving them out)'}, which they were not`,
  });
}

/** A request takes this long (ms): until its answer, what was before still counts as possible. */
const REQUEST_MS = 50;

/* Whether SPANS allow that it was otherwise after START, when the first telling became true, and before AT. */
const mayIntervene = (spans, start, at) =>
  spans.between(start, at).some(([from, to]) => from > start || to > start + REQUEST_MS);

/* Says again the value of LAYER that was known, though nothing else was possible in between. */
function isRepeat(model, layer, telling, previous) {
  const { patience } = model;
  const { user, at } = telling;
  const value = valueOf(layer, telling);
  if (telling.full || value !== valueOf(layer, previous) || patience.troubled(at)) return false;
  const start = Math.max(layer.may(user, value).startBefore(previous.at) ?? -Infinity, patience.oldest(previous.since));
  const others = layer.values.filter(other => other !== value).map(other => layer.may(user, other));
  return ![...others, layer.changes(user)].some(spans => mayIntervene(spans, start, at));
}

/* Gives another moment since which the status is so, though it was so all the while. */
function movesSince(model, telling, previous) {
  const [one, other] = [telling, previous].map(({ entry }) => entry?.since);
  return one !== undefined && other !== undefined && one !== other && isRepeat(model, model.layers[0], telling, previous);
}

/** Reports to FOUND the untrue and the spurious among the tellings of STORY. */
export function judgeTold(model, story, found) {
  const latest = new Map();
  let blank = 0;
  for (const telling of story.tellings) {
    for (; story.blanks[blank] <= telling.at; blank++) latest.clear();
    const previous = latest.get(telling.user);
    for (const layer of model.layers) untrue(model, layer, story, telling, found);
    /* An entry is news if any of its layers is. */
    if (previous && model.layers.every(layer => isRepeat(model, layer, telling, previous)))
      found('spurious', {
        at: telling.at,
        who: story.reader,
        user: telling.user,
        what: `was told again that ${telling.user} is ${valueOf(model.layers[0], telling)}, though nothing had changed`,
      });
    if (previous && movesSince(model, telling, previous))
      found('untrue', {
        at: telling.at,
        who: story.reader,
        user: telling.user,
        what: `was told that ${telling.user} is ${telling.entry.status} since another moment, though they were all the while`,
      });
    latest.set(telling.user, telling);
  }
}
