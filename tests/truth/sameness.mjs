// SPDX-License-Identifier: ISC
// Whether all who are at the same cursor know the same.
import { readCursor, sharedPart } from './cursor.mjs';
import { groupBy } from './group.mjs';
import { saidBy } from './lists.mjs';

class Ledger {
  constructor(users) {
    this.place = new Map(users.map((user, i) => [user, i]));
    this.pages = new Map();
  }

  /* Notes that USER is VALUE at CURSOR; returns what was noted of them before, if it differs. */
  note(cursor, user, value) {
    const at = this.place.get(user);
    const place = sharedPart(cursor);
    if (at === undefined) return null;
    if (!this.pages.has(place)) this.pages.set(place, []);
    const page = this.pages.get(place);
    const other = page[at];
    page[at] ??= value;
    return other !== undefined && other !== value ? other : null;
  }
}

/* Goes through what the reader of STORY knew after each answer. */
function readStory(story, layer, note) {
  const known = new Map();
  const tellings = groupBy(story.tellings, telling => telling.event);
  for (const event of story.events) {
    if (event.discarded || !event.body?.cursor) continue;
    if (event.kind !== 'poll' || event.body.resync || event.since === undefined) known.clear();
    for (const { user, entry } of tellings.get(event) ?? []) known.set(user, entry ? layer.read(entry) : layer.absent);
    if (event.body.more || readCursor(event.body.cursor)?.head !== undefined) continue;
    for (const [user, value] of known) note(event, event.body.cursor, user, value);
  }
}

/** Reports to FOUND the readers who differ at the same cursor. */
export function judgeSameness(model, stories, found) {
  for (const layer of model.layers) {
    const ledger = new Ledger(model.history.users);
    const note = (event, cursor, user, value) => {
      const other = ledger.note(cursor, user, value);
      if (other !== null)
        found('untrue', {
          at: event.done,
          who: event.reader ?? event.user,
          user,
          what: `${user} is ${value} at ${cursor}, where somebody else was told ${other}`,
          event,
        });
    };
    for (const story of stories) readStory(story, layer, note);
    for (const list of model.history.events)
      if (['status', 'members', 'dms'].includes(list.kind) && list.code === 200 && !list.odd)
        for (const { user, entry } of saidBy(list, model.history.users))
          note(list, list.body.cursor, user, entry ? layer.read(entry) : layer.absent);
  }
}
