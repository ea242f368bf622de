// SPDX-License-Identifier: ISC
// How a user's message is shown, and how long ago they were here. rollcall.js fetches this file with the first
// <rollcall-status> or list of a page.
import { labels, on } from './rollcall-util.js';

const words = {
  until: time => `until ${time}`,
  seen: ago => `last seen ${ago}`,
};

const CSS = `
:host { display: inline-flex; gap: .4em; min-width: 0; max-width: 100%; vertical-align: bottom; white-space: nowrap }
:host(:state(empty)) { display: none }
span { display: inline-flex; gap: .4em; min-width: 0 }
bdi { overflow: hidden; text-overflow: ellipsis; white-space: pre }
[part=emoji] { flex: none; max-width: 6em }
bdi:empty { display: none }
`;

const MINUTE_MS = 60000;
const units = [['year', 525600], ['month', 43800], ['week', 10080], ['day', 1440], ['hour', 60], ['minute', 1]];

const word = name => labels[name] ?? words[name];

/** The formatter that MAKE makes for the language of the page's words. */
function inLanguage(make) {
  try {
    return make(labels.language ?? (document.documentElement.lang || undefined));
  } catch {
    return make(undefined); // the page names a language that does not exist
  }
}

/** "last seen 20 minutes ago", if that was at MS and it is NOW. */
export function seenAgo(ms, now) {
  const minutes = Math.max(1, Math.floor((now - ms) / MINUTE_MS));
  const [unit, length] = /** @type {[any, number]} */ (units.find(([, one]) => minutes >= Number(one)));
  const format = inLanguage(language => new Intl.RelativeTimeFormat(language));
  return word('seen')(format.format(-Math.floor(minutes / length), unit));
}

/** "until 15:00", with the day if that is not today. */
export function untilTime(ms) {
  const at = new Date(ms);
  const dateStyle = at.toDateString() === new Date().toDateString() ? undefined : 'medium';
  return word('until')(at.toLocaleString([], { dateStyle, timeStyle: 'short' }));
}

export class StatusView {
  #host;
  #internals;
  #client = null;
  #user = null;
  #all = document.createElement('span');
  #emoji = document.createElement('bdi');
  #text = document.createElement('bdi');

  constructor(host) {
    this.#host = host;
    this.#internals = host.attachInternals();
    const root = host.attachShadow({ mode: 'open' });
    host.dress(CSS);
    this.#emoji.part = 'emoji';
    this.#text.part = 'text';
    this.#all.append(this.#emoji, this.#text);
    root.append(this.#all);
    on(host, 'pointerenter', () => this.#describe());
  }

  attach(client) {
    const type = `change ${this.#user}`;
    this.#client?.removeEventListener(type, this.#show);
    if (this.#user) this.#client?.unwatch(this.#user);
    this.#client = client;
    this.#user = this.#host.getAttribute('user');
    client?.addEventListener(`change ${this.#user}`, this.#show);
    if (this.#user) client?.watch(this.#user);
    this.#show();
  }

  changed() {
    this.attach(this.#client);
  }

  #show = () => {
    const { emoji, text } = this.#presence;
    this.#emoji.textContent = emoji ?? '';
    this.#text.textContent = text ?? '';
    this.#internals.states?.[emoji || text ? 'delete' : 'add']('empty');
    this.#describe();
  };

  get #presence() {
    return (this.#user && this.#client?.getPresence(this.#user)) || {};
  }

  /** Until when it holds, and all of it if it does not fit. */
  #describe() {
    const { text, until } = this.#presence;
    const isCut = this.#text.scrollWidth > this.#text.clientWidth;
    this.#all.title = [isCut && text, until && untilTime(until)].filter(Boolean).join(', ');
  }
}
