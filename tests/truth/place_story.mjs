// SPDX-License-Identifier: ISC
// What one reader was told of places, in order: each set replaces the one before it, and where none was told nobody is.

const keyOf = (user, doing) => `${user}\n${doing}`;

/** Who does what in a set as it was told: a Set of "<user>\n<doing>". */
export const deedsIn = ({ people }) => new Set(people.flatMap(({ user, doing }) => doing.map(word => keyOf(user, word))));

export const isDoneIn = (deeds, { user, doing }) => deeds.has(keyOf(user, doing));

/** What is wrong with SET as such, or ''. */
export function shapeFault({ place, people, count }) {
  const users = people.map(({ user }) => user);
  if (new Set(users).size !== users.length) return `${place} names somebody twice`;
  if (count !== users.length) return `${place} has ${users.length} people and says ${count}`; // never more than a set shows
  const words = people.find(({ doing }) => doing.length === 0 || doing.some((word, i) => i > 0 && word <= doing[i - 1]));
  return words ? `${place} says that ${words.user} does ${JSON.stringify(words.doing)}` : '';
}

export class PlaceStory {
  /**
   * EVENTS: those of READER, some of which ask for places. After this:
   *   user, names, quiet   who reads, the places asked for, whether without who types
   *   tellings   [{ place, deeds, text, before, at, event }]: the set of place, and the text of what was known before
   *   blanks     moments at which the picture was thrown away
   *   begun      when it was first told anything of the stream
   */
  constructor(reader, events) {
    const polls = events.filter(({ kind, places }) => kind === 'poll' && places);
    const [{ user, places, quiet = false } = {}] = polls;
    Object.assign(this, { reader, user, names: places ?? [], quiet });
    this.tellings = [];
    this.blanks = [];
    const known = new Map();
    for (const poll of polls) if (poll.code === 200 && poll.body) this.#read(poll, known);
  }

  #read(event, known) {
    const { body, done: at } = event;
    this.begun ??= at;
    if (event.since === undefined || body.resync) {
      this.blanks.push(at);
      known.clear();
    }
    for (const set of body.places ?? []) {
      const text = JSON.stringify(set.people);
      this.tellings.push({ place: set.place, deeds: deedsIn(set), text, before: known.get(set.place) ?? '[]', at, event, set });
      known.set(set.place, text);
    }
  }

  /** What it showed of PLACE until END: [{ deeds, from, to, told }]; told false: it began with nothing. */
  shown(place, end) {
    const moments = [
      { at: this.begun, deeds: new Set(), told: false },
      ...this.blanks.map(at => ({ at, deeds: new Set(), told: false })),
      ...this.tellings.filter(one => one.place === place).map(({ at, deeds }) => ({ at, deeds, told: true })),
    ].sort((a, b) => a.at - b.at || a.told - b.told);
    return moments
      .map(({ at, deeds, told }, i) => ({ deeds, told, from: at, to: moments[i + 1]?.at ?? end }))
      .filter(({ from, to }) => to > from);
  }
}
