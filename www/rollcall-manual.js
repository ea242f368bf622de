// SPDX-License-Identifier: ISC
// What has to be decided when users set their status by hand: when it ends, and what stays of what they said before.

export const PERIODS = [1800, 3600, 14400]; // seconds

// ---- ends ----

/** The midnight that ends the day of MS, by the user's clock, or DAYS days later. */
export function midnight(ms, days = 0) {
  const at = new Date(ms);
  return new Date(at.getFullYear(), at.getMonth(), at.getDate() + 1 + days).getTime();
}

/** The midnight that ends the week of MS, by the weeks of LOCALE. */
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

// ---- what the user has said ----

const FIELDS = ['show', 'dnd', 'text', 'emoji'];

/** What LAYER says, without its name and times. */
const said = (layer = {}) => Object.fromEntries(Object.entries(layer).filter(([name]) => FIELDS.includes(name)));

/** What the user has said, read from the client's `me`. */
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
   * Sets CHANGE by CLIENT without an end; the rest stays. There are two exceptions. A claim is covered until its end. A
   * `show` with an end is never dropped, not even for a moment, so CHANGE gets the same end.
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

  /** Sets ALL fields, with END from endOf(); null: without an end. */
  save(client, all, end) {
    if (!end) return client.setManual(all);
    const { me, base } = this, some = { ...all };
    // Fields that change nothing are left out, so that claims stay visible.
    if (all.show === 'auto' && (base?.show ?? 'auto') === 'auto') delete some.show;
    if (!all.dnd && !me.dnd) delete some.dnd;
    if (!all.text && !all.emoji && !me.text && !me.emoji) ['text', 'emoji'].forEach(name => delete some[name]);
    if (Object.keys(some).length) return client.setManual({ ...some, ...end });
    return this.temporary ? client.clearManual() : me;
  }
}
