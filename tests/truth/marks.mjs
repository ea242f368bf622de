// SPDX-License-Identifier: ISC
// Whether readers were told to fetch members and conversations again: whenever these changed, and only then.
import { missedAt } from './lateness.mjs';

const tells = (one, what) => one.what === what || one.first;

/* Whether what MARK is of may have been over by T: who is removed has said nothing, as before. */
const mayBeVain = (model, mark, t) =>
  mark.what === 'me' && model.removals.some(one => one.user === mark.about && one.sent <= t && one.done >= mark.from);

function judgeMark(model, story, mark, found) {
  const based = story.refetched[0];
  if (!mark.sure || !based || based.at > mark.from) return;
  const told = story.refetched.find(one => one.at >= mark.from && tells(one, mark.what));
  const due = missedAt(story.listening, model.patience, mark.to, told?.at ?? Infinity);
  if (due !== null && !mayBeVain(model, mark, due))
    found('missing', {
      at: due,
      who: story.reader,
      user: mark.about,
      what: `was not told in time to fetch ${mark.what} again`,
      since: mark.to,
    });
}

function judgeRefetch(model, story, one, marks, found) {
  const { patience } = model;
  const before = story.refetched.findLast(other => other.at < one.at && tells(other, one.what));
  if (one.first || !before || patience.troubled(one.at)) return;
  const from = patience.oldest(before.at);
  if (marks.some(mark => mark.what === one.what && mark.from <= one.at && mark.to >= from)) return;
  found('spurious', {
    at: one.at,
    who: story.reader,
    what: `was told to fetch ${one.what} again, though nothing had changed`,
  });
}

/** Reports to FOUND which refetch STORY lacks, and which it had without a reason. USER: whose reader it is. */
export function judgeMarks(model, story, user, found) {
  const marks = model.roster.marks.filter(mark => !mark.users || mark.users.has(user));
  for (const mark of marks) judgeMark(model, story, mark, found);
  for (const one of story.refetched) judgeRefetch(model, story, one, marks, found);
}
