// SPDX-License-Identifier: ISC
// What is to be decided if users say by hand how they are: until when, and what stays of what they said before.

export const PERIODS = [1800, 3600, 14400]; // seconds

// ---- ends ----

/** The midnight after the day of MS, as the clock on the wall has it; DAYS days later than that. */
export function midnight(ms, days = 0) {
  const at = new Date(ms);
  return new Date(at.getFullYear(), at.getMonth(), at.getDate() + 1 + days).getTime();
}

/** The midnight after the last day of the week of MS, by the weeks of LOCALE. */
export function weekEnd(ms, locale = navigator.language) {
  const known = /** @type {any} */ (new Intl.Locale(locale));
  const { firstDay = 1 } = known.getWeekInfo?.() ?? known.weekInfo ?? {};
  return midnight(ms, (firstDay + 6 - (new Date(ms).getDay() || 7)) % 7);
}

/** DAY as an input has it: 2026-12-31. */
export const asDay = ms => new Date(ms - new Date(ms).getTimezoneOffset() * 60000).toISOString().slice(0, 10);

/** What setManual() takes for CHOICE, at NOW. */
export function endOf(choice, day, kept, now) {
  if (PERIODS.includes(Number(choice))) return { for: Number(choice) };
  if (choice === 'today') return { until: midnight(now) };
  if (choice === 'week') return { until: weekEnd(now) };
  if (choice === 'date') return { until: midnight(new Date(`${day}T12:00`).getTime()) };
  return choice === 'kept' ? { until: kept } : null;
}

// ---- what one has said oneself ----

const FIELDS = ['show', 'dnd', 'text', 'emoji'];

/** What LAYER says, without its name and times. */
const said = (layer = {}) => Object.fromEntries(Object.entries(layer).filter(([name]) => FIELDS.includes(name)));

/** What the user has said, of what the client knows as its `me`. */
export class Own {
  /** ME may be null: not known yet. */
  constructor(me) {
    const layers = me?.layers ?? [];
    this.me = me ?? {};
    this.base = layers.find(({ layer }) => layer === 'base');
    this.temporary = layers.find(({ layer }) => layer === 'temporary');
    this.winner = what => layers.find(({ wins }) => wins.includes(what));
    this.show = this.temporary?.show ?? this.base?.show ?? 'auto';
    this.until = this.temporary?.until;
  }

  /**
   * Sets CHANGE by CLIENT without an end, and nothing else changes. There are two exceptions: a claim is outdone as
   * long as it lasts, and what hides or shows the user for a while is never dropped, not for a moment.
   */
  async change(client, change) {
    const { until } = this, rest = said(this.temporary);
    for (const name of Object.keys(change)) delete rest[name];
    const claim = change.dnd === false ? this.winner('dnd') : change.text === '' ? this.winner('message') : null;
    if (claim?.layer === 'claim') return client.setManual({ ...rest, ...change, until: until ?? claim.until });
    if (rest.show !== undefined) return client.setManual({ ...rest, ...change, until });
    const me = await client.setManual(change);
    return Object.keys(rest).length ? client.setManual({ ...rest, until }) : me;
  }

  /** Sets ALL there is to say, until END; null: as long as one likes. */
  save(client, all, end) {
    if (!end) return client.setManual(all);
    const { me, base } = this, some = { ...all };
    // What changes nothing is left out, so that claims shine through.
    if (all.show === 'auto' && (base?.show ?? 'auto') === 'auto') delete some.show;
    if (!all.dnd && !me.dnd) delete some.dnd;
    if (!all.text && !all.emoji && !me.text && !me.emoji) ['text', 'emoji'].forEach(name => delete some[name]);
    if (Object.keys(some).length) return client.setManual({ ...some, ...end });
    return this.temporary ? client.clearManual() : me;
  }
}
