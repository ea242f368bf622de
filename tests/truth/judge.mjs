// SPDX-License-Identifier: ISC
// Decides whether all that was told in a run was true and in time. Pure.
import { judgeLateness } from './lateness.mjs';
import { judgeLists } from './lists.mjs';
import { judgeMarks } from './marks.mjs';
import { Model } from './model.mjs';
import { judgePlaceReads, judgePlaces } from './place_judge.mjs';
import { judgePolls } from './polls.mjs';
import { judgeReplies } from './replies.mjs';
import { judgeSameness } from './sameness.mjs';
import { Story } from './story.mjs';
import { judgeTold } from './told.mjs';

export const kinds = ['untrue', 'missing', 'spurious', 'cursor', 'unexpected'];

/** The stories of all readers who keep a picture. */
function storiesOf(model) {
  const { users } = model.history;
  return [...model.byReader].map(([reader, events]) => new Story(reader, events, users, model.patience));
}

/**
 * Judges HISTORY (see model.mjs), with LAYERS. Returns
 *   findings   [{ kind, at, who, user, what, since, event }] in the order of `at`, in ms
 *   times      { change, lapse, place, troubled }: how long changes took, in ms; troubled: [{ at, ms }], those during a fault
 *   told       how many times somebody was told of somebody
 *   model
 */
export function judge(history, layers) {
  const model = new Model(history, layers);
  const stories = storiesOf(model);
  const findings = [];
  const times = { change: [], lapse: [], place: [], troubled: [] };
  const found = (kind, finding) => findings.push({ kind, ...finding });
  for (const story of stories) {
    judgeTold(model, story, found);
    judgeLateness(model, story, found, times);
    judgeMarks(model, story, story.events[0].user, found);
    judgePolls(model, story.events, found);
    judgePlaces(model, story, found, times);
  }
  judgeReplies(model, found);
  judgePlaceReads(model, found);
  judgeLists(model, found);
  judgeSameness(model, stories, found);
  findings.sort((a, b) => a.at - b.at);
  return { findings, times, told: stories.reduce((sum, story) => sum + story.tellings.length, 0), model };
}
