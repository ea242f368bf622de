// SPDX-License-Identifier: ISC
// Whether what readers were told of places was true, in time, and news, and theirs to know.
import { missedAt } from './lateness.mjs';
import { deedsIn, isDoneIn, PlaceStory, shapeFault } from './place_story.mjs';

const describe = ({ user, doing, place }, is) => `${user} ${is ? 'is' : 'is not'} at ${place}, ${doing}`;

/* What is untrue in the DEEDS that were told of PLACE between SINCE and AT: [{ thing, is }]. */
function untruths(model, things, deeds, since, at) {
  const { patience } = model;
  if (patience.fault?.amnesia && patience.troubled(since, at)) return [];
  return things
    .map(thing => ({ thing, is: isDoneIn(deeds, thing) }))
    .filter(({ thing, is }) => !(is ? thing.in : thing.out).touches(patience.oldest(since), at));
}

/* Those in DEEDS who did nothing of the kind as far as anybody has asked for it. */
function strangers(things, deeds) {
  const known = new Set(things.map(({ user, doing }) => `${user}\n${doing}`));
  return [...deeds].filter(key => !known.has(key)).map(key => key.split('\n'));
}

/* What is wrong with SET, told to USER, whoever reads it: reports by REPORT(kind, what, thing). */
function judgeSet(model, set, { user, quiet, since, at }, report) {
  const deeds = deedsIn(set);
  const things = model.places.seenAt(set.place, user, quiet);
  report('unexpected', shapeFault(set));
  for (const { thing, is } of untruths(model, things, deeds, since, at))
    report('untrue', `was told that ${describe(thing, is)}, which is not true`, thing);
  for (const [who, doing] of strangers(things, deeds))
    report('untrue', `was told that ${describe({ user: who, doing, place: set.place }, true)}, which it must not know`);
}

function judgeTellings(model, story, found) {
  for (const { place, text, before, at, event, set } of story.tellings) {
    const report = (kind, what, thing) =>
      what && found(kind, { at, who: story.reader, user: thing?.user, thing, place, what, event });
    judgeSet(model, set, { user: story.user, quiet: story.quiet, since: at, at }, report);
    const isAsked = story.names.includes(place) || (place.startsWith('dm:') && story.names.includes('dm:*'));
    if (!isAsked) report('spurious', `was told of ${place}, for which it had not asked`);
    if (text === before && !model.patience.troubled(at)) report('spurious', `was told of ${place} again, though nothing had changed`);
  }
}

function judgeThing(model, story, thing, shown, found) {
  for (const { deeds, from, to, told } of shown) {
    const is = isDoneIn(deeds, thing);
    const begins = told ? model.patience.oldest(from) : from;
    for (const [since, until] of (is ? thing.in : thing.out).gaps(begins, to).filter(gap => gap[1] > from)) {
      const due = missedAt(story.listening, model.patience, since, until);
      if (due === null) continue;
      const what = `still showed that ${describe(thing, is)}, ${Math.round(until - since)} ms after that had ended`;
      found('missing', { at: due, who: story.reader, user: thing.user, thing, place: thing.place, what, since });
    }
  }
}

/* How long it took until it was told that somebody is there, or not any more. */
function measure(model, story, thing, shown, times) {
  shown.forEach(({ deeds, from, told }, i) => {
    const is = isDoneIn(deeds, thing);
    if (i === 0 || !told || is === isDoneIn(shown[i - 1].deeds, thing) || model.patience.troubled(from)) return;
    const [now, before] = is ? [thing.in, thing.out] : [thing.out, thing.in];
    const since = now.startBefore(from);
    if (since === undefined || since < shown[i - 1].from || before.touches(since + model.times.bound, from)) return;
    if (story.listening.some(([begun, ended]) => begun <= since && from <= ended)) times.place.push(from - since);
  });
}

/** Reports to FOUND what was wrong in what STORY was told of places; adds to TIMES.place how long it took (ms). */
export function judgePlaces(model, story, found, times) {
  const told = new PlaceStory(story.reader, story.events);
  if (told.names.length === 0 || told.begun === undefined) return;
  judgeTellings(model, told, found);
  for (const place of model.places.askedBy(told.user, told.names)) {
    const shown = told.shown(place, story.end);
    for (const thing of model.places.seenAt(place, told.user, told.quiet)) {
      judgeThing(model, story, thing, shown, found);
      measure(model, story, thing, shown, times);
    }
  }
}

/** Reports to FOUND what was wrong in the answers about single places. */
export function judgePlaceReads(model, found) {
  for (const event of model.history.events) {
    if (event.kind !== 'place' || event.code !== 200) continue;
    const { user, place, sent, done: at, body } = event;
    const report = (kind, what, thing) => what && found(kind, { at, who: user, user: thing?.user, thing, place, what, event });
    if (!model.places.isOpen(place, user)) report('untrue', `may read who is at ${place}, which it must not know`);
    const quiet = model.places.isQuiet(user, sent, at);
    if (quiet !== undefined) judgeSet(model, body, { user, quiet, since: sent, at }, report);
  }
}
