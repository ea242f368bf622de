// SPDX-License-Identifier: ISC
// The user's own status by hand, and the counts: the leading tab fetches them for all, once a tab wants them. Every end
// comes on time, even if the server does not answer.
import { backOff } from './rollcall-poll.js';

/** The revision of the user's own status in CURSOR. */
const revision = cursor => Number(/_m(\d+)/.exec(cursor ?? '')?.[1] ?? 0);

const RANKS = ['temporary', 'claim', 'base'];
const byRank = (a, b) => RANKS.indexOf(a.layer) - RANKS.indexOf(b.layer) || b.set - a.set;

/**
 * ME at NOW: without the layers that have ended. The server says the same if it answers, unless a claim has a priority
 * of its own, which it does not tell.
 */
export function current(me, now) {
  const layers = me.layers.filter(({ until }) => !until || until > now), ranked = [...layers].sort(byRank);
  if (layers.length === me.layers.length) return me;
  const temporary = layers.find(({ layer }) => layer === 'temporary');
  const own = ranked.find(({ layer, show }) => show && layer !== 'claim');
  const winners = {
    show: own?.show === 'invisible' ? own : ranked.find(({ show }) => show),
    dnd: temporary?.dnd === false ? temporary : ranked.find(one => one.dnd),
    message: ranked.find(one => (one.text ?? one.emoji) !== undefined),
  };
  const { text, emoji, until } = winners.message ?? {};
  const next = layers.filter(one => one.until).sort((a, b) => a.until - b.until)[0];
  const invisible = own?.show === 'invisible';
  return {
    ...me,
    invisible,
    shown: invisible ? 'offline' : me.status,
    dnd: Boolean(winners.dnd?.dnd),
    text: text || undefined,
    emoji: emoji || undefined,
    until: (text || emoji) && until,
    layers: layers.map(one => ({ ...one, wins: Object.keys(winners).filter(what => winners[what] === one) })),
    next: next && { at: next.until, layer: next.layer },
  };
}

export class Self {
  #client;
  #isAsking = false;
  #failures = 0;
  #restsUntil = 0;

  /** CLIENT is made by #pollClient() of rollcall.js. */
  constructor(client) {
    this.#client = client;
  }

  /** To be called often. */
  async look() {
    const client = this.#client, { me } = client.shared;
    if (me?.layers.some(({ until }) => until <= client.now)) client.apply({ me: current(me, client.now) });
    if (this.#isAsking || !client.leads || Date.now() < this.#restsUntil) return;
    this.#isAsking = true;
    try {
      const { cursor } = client.shared;
      if (this.#lacksMe()) await this.#askMe();
      if (client.wants('counts') && !client.shared.counts) await this.#askCounts();
      if (this.#lacksMe() && cursor === client.shared.cursor) this.#rest(); // another worker knows less
      else this.#failures = 0;
    } catch ({ retryAfter }) {
      this.#rest(retryAfter);
    } finally {
      this.#isAsking = false;
    }
  }

  /** Whether a tab wants what was said last, and it is not known yet. */
  #lacksMe() {
    const { me, cursor } = this.#client.shared;
    return this.#client.wants('me') && !(me?.rev >= revision(cursor));
  }

  #rest(retryAfter) {
    this.#restsUntil = Date.now() + backOff(++this.#failures, retryAfter);
  }

  async #askMe() {
    const me = await this.#client.ask('me/status');
    this.#client.share({ me, offset: me.now - Date.now() });
  }

  async #askCounts() {
    const { members, active, away, offline, dnd } = await this.#client.ask('counts');
    this.#client.share({ counts: { members, active, away, offline, dnd } });
  }
}
