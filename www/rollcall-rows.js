// SPDX-License-Identifier: ISC
// A row of a list: what it shows of a member or a conversation, and how names are compared.
import { create } from './rollcall-create.js';
import { seenAgo, untilTime } from './rollcall-status.js';
import { labels } from './rollcall-util.js';

const words = {
  you: 'you',
  members: 'Members',
  dms: 'Direct messages',
  online: 'Online',
  gone: 'Offline',
  loading: 'Loading…',
  empty: 'Nothing here yet',
  noMember: text => `No member matches “${text}”.`,
  noDm: text => `No conversation matches “${text}”.`,
  shown: (count, of) => `${count} of ${of}`,
  signInMembers: 'Sign in to see members.',
  signInDms: 'Sign in to see your conversations.',
  notMember: 'You are not a member of this workspace.',
  network: 'The server cannot be reached. Check your connection.',
  failed: 'The server cannot answer right now.',
  retry: 'Retry',
  here: (count, of) => `${count} of ${of} here`,
  awayOnly: count => `${count} away`,
  more: count => `+${count}`,
  typingNow: 'typing',
};

const HUES = ['#5064d0', '#0f7a70', '#b04476', '#96560f', '#6d4bb8', '#2b6aa5'];
const NAMES = 4; // of a conversation, in its row

/** What is said for NAME. */
export const word = name => labels[name] ?? words[name];

// ---- texts ----

/*
 * Letters with a stroke and ligatures, which Unicode does not decompose, and characters that keyboards put in place
 * of others.
 */
const pairs = "øo łl đd ðd ħh ŧt ıi ŋn ƒf æae œoe þth ςσ ىي ةه ’' ‘' ʼ' ‐- ‑- –-";
const plain = Object.fromEntries(pairs.split(' ').map(([letter, ...others]) => [letter, others.join('')]));
const unusual = new RegExp(`[${Object.keys(plain).join('')}]`, 'gu');
/*
 * Accents of Latin, Greek and Cyrillic, points of Hebrew and Arabic, and invisible characters. Indic vowel signs
 * stay.
 */
const accents = '\\u0300-\\u036f\\u0483-\\u0487\\u1ab0-\\u1aff\\u1dc0-\\u1dff';
const points = '\\u0591-\\u05c7\\u0610-\\u061a\\u0640\\u064b-\\u065f\\u0670';
// eslint-disable-next-line no-misleading-character-class -- combining marks alone are meant
const marks = new RegExp(`[${accents}${points}\\p{Cf}]`, 'gu');

/** TEXT as it is compared when someone looks for a name: "Jürgen Weiß" as "jurgen weiss". */
export function fold(text) {
  const folded = text.toLowerCase().toUpperCase().toLowerCase().normalize('NFKD').replace(marks, '');
  return folded.replace(unusual, c => plain[c]);
}

/** Up to two letters that stand for NAME. */
export function initials(name) {
  const letters = name
    .normalize('NFC')
    .split(/\s+/u)
    .map(part => /[\p{L}\p{N}]\p{M}{0,2}/u.exec(part)?.[0])
    .filter(Boolean);
  return ((letters[0] ?? '') + (letters.length > 1 ? letters.at(-1) : '')).toLocaleUpperCase();
}

/** The colour that stands for ID; white can be read on it. */
export const hue = id => HUES[[...String(id)].reduce((sum, c) => sum + c.charCodeAt(0), 0) % HUES.length];

/** When those of PEOPLE who are offline were seen last: user -> ms. */
const seenOf = people =>
  Object.fromEntries(people.filter(one => one.status === 'offline' && one.since).map(one => [one.user, one.since]));

/* What a row shows of a member, and of a conversation. */
export const readers = {
  members: ({ user, name, role, status, since }, me) => ({
    id: user,
    users: [user],
    names: [name],
    note: user === me ? word('you') : role === 'member' ? '' : role,
    seen: seenOf([{ user, status, since }]),
    status,
  }),
  dms({ id, name, participants }, me) {
    const others = participants.filter(({ user }) => user !== me);
    const shown = others.length > 0 ? others : participants;
    return {
      id,
      users: shown.map(({ user }) => user),
      names: name ? [name] : shown.map(one => one.name),
      note: others.length > 0 ? '' : word('you'),
      seen: shown.length === 1 ? seenOf(shown) : {},
    };
  },
};

// ---- a row ----

/* The name comes first in the document, for screen readers; on screen, the avatar is before it. */
export class Row {
  element = create('div', 'item');
  focusable; // what the keys move to: the link, or else the whole row
  #row;
  #name = create('span', 'name');
  #emoji = create('bdi', 'emoji');
  #avatar = create('span', 'avatar');
  #dot = create('rollcall-dot', 'dot');
  #note = create('span', 'note');
  #item;
  #shown;
  #placed;

  constructor(isLink) {
    this.#row = create(
      isLink ? 'a' : 'div',
      '',
      this.#name,
      create('span', 'face', this.#avatar, this.#dot),
      this.#note,
    );
    this.focusable = isLink ? this.#row : this.element;
    this.element.append(this.#row);
    this.element.role = 'listitem';
    this.#avatar.ariaHidden = 'true';
    this.#note.dir = 'auto';
  }

  /** Shows ITEM, with a link to HREF, if any. */
  fill(item, href, isCurrent) {
    this.#row.setAttribute('part', `row${href ? ' link' : ''}${isCurrent ? ' current' : ''}`);
    this.focusable.ariaCurrent = isCurrent ? 'true' : null;
    if (href) this.#row.href = href;
    if (this.#item === item) return;
    const { id, users, names } = (this.#item = item);
    const [single] = users.length === 1 ? users : [];
    const shown = names.length > NAMES ? names.slice(0, NAMES - 1) : names;
    const rest = names.length - shown.length;
    // Each name has its own direction, and is cut at its end if it is too long.
    this.#name.replaceChildren(
      ...shown.flatMap((name, i) => [i ? ', ' : '', create('bdi', '', name)]),
      rest ? ` ${word('more')(rest)}` : '',
      this.#emoji,
    );
    const cut = [...this.#name.querySelectorAll('bdi:not([part])')]; // the last one first
    cut.forEach((name, i) => (name.style.flexShrink = String(1e5 ** i)));
    this.#avatar.replaceChildren(create('span', '', single === undefined ? String(users.length) : initials(names[0])));
    this.#avatar.style.background = hue(single ?? id);
    this.#avatar.toggleAttribute('data-of', single === undefined);
    if (single === undefined) this.#dot.removeAttribute('user');
    else if (this.#dot.getAttribute('user') !== single) this.#dot.setAttribute('user', single);
  }

  /**
   * Shows how PEOPLE, those of the item, are: their presence, with seen: when they were here last; or that one of them
   * types.
   */
  tell(people, isTyping = false) {
    const { names, users } = this.#item;
    const statuses = people.map(({ status }) => status);
    const best = ['active', 'away', 'unknown', 'offline'].find(status => statuses.includes(status)) ?? 'unknown';
    if (users.length !== 1 && this.#dot.getAttribute('status') !== best) this.#dot.setAttribute('status', best);
    const { emoji, dnd } = users.length === 1 ? people[0] : /** @type {any} */ ({});
    const said = users.length === 1 ? this.#saidOf(people[0]) : [this.#summary(statuses, best)].filter(Boolean);
    this.#show(emoji ?? '', isTyping ? [word('typingNow')] : said);
    const status = users.length === 1 || !said.length ? [word(best), dnd && word('dnd')] : [];
    const label = [names.join(', '), ...status, emoji, ...said].filter(Boolean).join(', ');
    if (this.focusable.ariaLabel !== label) this.focusable.ariaLabel = label;
  }

  /** What there is to say of a single person, beside the status. */
  #saidOf({ status, text, seen, until, now }) {
    const end = (until && untilTime(until)) || '';
    if (this.#note.title !== end) this.#note.title = end;
    const last = status === 'offline' && seen ? seenAgo(seen, now) : '';
    return [this.#item.note, text ?? last].filter(Boolean);
  }

  /** Shows EMOJI after the name and SAID as the note, if they have changed. */
  #show(emoji, said) {
    const shown = JSON.stringify([emoji, said]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#emoji.textContent = emoji;
    const parts = said.length > 1 ? said.flatMap((one, i) => [i ? ' · ' : '', create('bdi', '', one)]) : said;
    this.#note.replaceChildren(...parts);
  }

  #summary(statuses, best) {
    const many = status => statuses.filter(one => one === status).length;
    if (best === 'unknown') return '';
    return best === 'away' ? word('awayOnly')(many('away')) : word('here')(many('active'), statuses.length);
  }

  place(top, height, position, of) {
    const placed = `${top} ${height} ${position} ${of}`;
    if (placed === this.#placed) return;
    this.#placed = placed;
    Object.assign(this.element.style, { top: `${top}px`, height: `${height}px` });
    Object.assign(this.element, { ariaPosInSet: position, ariaSetSize: of });
  }
}
