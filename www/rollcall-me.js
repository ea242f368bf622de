// SPDX-License-Identifier: ISC
// <rollcall-me>: a button with the user's own dot, and the menu in which users say more than a browser can tell: away,
// do not disturb, invisible, a message, and until when. rollcall.js fetches this file with the first one of a page.
import { create } from './rollcall-create.js';
import { Form, FORM_CSS, formWords, showName, SHOWS, title } from './rollcall-form.js';
import { endOf, Own } from './rollcall-manual.js';
import { Menu } from './rollcall-menu.js';
import { untilTime } from './rollcall-status.js';
import { labels } from './rollcall-util.js';

const words = {
  ...formWords,
  appearOffline: 'You appear offline',
  edit: 'Message and clear after…',
  clear: 'Clear message',
  notAllowed: 'This workspace does not allow that. Ask its administrator.',
  tooMany: 'Too many changes. Try again in a minute.',
  notSaved: 'Not saved. Try again in a moment.',
};

const CSS = `
:host { display: inline-block; min-width: 0; max-width: 100%; vertical-align: middle }
[hidden] { display: none !important }
button, input, select { font: inherit; color: inherit }
[part=button] {
  display: flex; align-items: center; gap: .5em; max-width: 100%; margin: 0; padding: .3em .6em; border: 0;
  border-radius: .5em; background: none; cursor: pointer;
}
[part=button]:hover, [part=button][aria-expanded=true] { background: color-mix(in srgb, currentColor 8%, transparent) }
[part=button]::after {
  flex: none; width: .4em; height: .4em; border: solid; border-width: 0 .13em .13em 0; rotate: 45deg;
  translate: 0 -.1em; content: ''; opacity: .7;
}
[part=current] { display: flex; align-items: center; gap: .5em; min-width: 0 }
bdi { overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
[part=current] > bdi { flex: none; max-width: 4em }
bdi:empty { display: none }
.quiet { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
:focus-visible { outline: 2px solid var(--rollcall-accent, currentColor); outline-offset: -2px }
[part=menu], [part=dialog] {
  box-sizing: border-box; margin: 0; border: 1px solid color-mix(in srgb, currentColor 20%, transparent);
  border-radius: .75em; background: var(--rollcall-menu, Canvas); color: var(--rollcall-menu-text, CanvasText);
  box-shadow: 0 .5em 2em rgb(0 0 0 / .2); font-weight: 400; text-align: start;
}
[part=menu] {
  position: fixed; inset: var(--y) auto auto var(--x); z-index: 9999; width: max-content; min-width: 14em;
  max-width: min(22em, calc(100vw - 1em)); max-height: calc(100vh - 1em); padding: .4em; overflow: auto;
}
[part=item] {
  display: grid; grid-template-columns: 1.5em minmax(0, 1fr); align-items: center; padding: .4em .75em .4em .5em;
  border-radius: .4em; cursor: pointer;
}
[part=item] > span { grid-column: 2; overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
[part=note] { font-size: .85em; opacity: .75 }
[part=item]:hover { background: color-mix(in srgb, currentColor 8%, transparent) }
[part=item]:focus { background: color-mix(in srgb, var(--rollcall-accent, currentColor) 16%, transparent) }
[aria-checked]::before {
  grid-area: 1 / 1; box-sizing: border-box; width: 1em; height: 1em; border: .1em solid; border-radius: 50%;
  content: ''; opacity: .6;
}
[aria-checked=true]::before { opacity: 1; background: radial-gradient(currentColor 35%, #0000 45%) }
[role=menuitemcheckbox]::before {
  display: grid; place-items: center; border-radius: .2em; background: none; line-height: 1;
}
[role=menuitemcheckbox][aria-checked=true]::before { content: '✓' / '' }
[role=separator] { margin: .4em .5em; border-top: 1px solid color-mix(in srgb, currentColor 15%, transparent) }
[part=problem] { margin: .4em .5em; overflow-wrap: anywhere; color: var(--rollcall-problem, inherit) }
[part=problem]:empty { margin: 0 }
@media (max-width: 480px) {
  [part=menu] { inset: auto .5em max(.5em, env(safe-area-inset-bottom)); width: auto; max-width: none }
  [part=item] { padding-block: .65em }
}
@media (forced-colors: active) {
  [part=item]:focus, [part=item]:hover { outline: 2px solid Highlight; outline-offset: -2px }
  [aria-checked]::before { forced-color-adjust: none; border-color: CanvasText; opacity: 1 }
}
`;

const word = name => labels[name] ?? words[name];
const unknown = { status: 'unknown', dnd: false, text: null, emoji: null, until: null };

function note(item, text) {
  const place = item.querySelector('[part=note]');
  if (place.textContent !== text) place.textContent = text;
}

/** What to tell the user about an error of the client. */
function problemOf({ status, code, message }) {
  if (status === 429) return word('tooMany');
  if (code === 'not_allowed') return word('notAllowed');
  return status === 400 ? message : word('notSaved');
}

export class MeView {
  #client = null;
  #user = null;
  #dot = create('rollcall-dot', 'dot');
  #word = create('slot', '');
  #emoji = create('bdi', 'emoji');
  #spoken = create('span', { class: 'quiet' });
  #button = create('button', { part: 'button', type: 'button', 'aria-haspopup': 'menu', 'aria-controls': 'menu' });
  #menu = new Menu(this.#button, word('mine'));
  #form = new Form((...form) => this.#saveForm(...form));
  #problem = create('p', { part: 'problem', role: 'alert' });
  #isSaving = false;
  #shows = SHOWS.map(one =>
    this.#menu.add('menuitemradio', showName(one), one === 'invisible' ? word('appearOffline') : '', isKept =>
      this.#change({ show: one }, isKept)));
  #dnd = this.#menu.add('menuitemcheckbox', title(word('dnd')), '', isKept =>
    this.#change({ dnd: this.#dnd.ariaChecked !== 'true' }, isKept));
  #edit = this.#menu.add('menuitem', word('edit'), '', () => this.#openForm());
  #clear = this.#menu.add('menuitem', word('clear'), '', () => this.#change({ text: '', emoji: '' }));

  constructor(host) {
    const root = host.attachShadow({ mode: 'open' });
    const group = create('div', { role: 'group', 'aria-label': word('showAs') }, ...this.#shows);
    const line = () => create('div', { role: 'separator' });
    host.dress(CSS + FORM_CSS);
    this.#dot.ariaHidden = this.#emoji.ariaHidden = 'true';
    this.#button.ariaExpanded = 'false';
    this.#button.append(this.#dot, create('span', 'current', this.#word, this.#emoji), this.#spoken);
    this.#edit.ariaHasPopup = 'dialog';
    this.#menu.element.append(group, line(), this.#dnd, line(), this.#edit, this.#clear, this.#problem);
    root.append(this.#button, this.#menu.element, this.#form.element);
    this.#button.addEventListener('click', () => (this.#menu.isOpen ? this.#menu.close() : this.#menu.open()));
    this.#button.addEventListener('keydown', event => this.#onKey(event));
  }

  attach(client) {
    for (const type of ['me', 'status']) this.#client?.removeEventListener(type, this.#show);
    this.#follow(null);
    this.#client = client;
    for (const type of ['me', 'status']) client?.addEventListener(type, this.#show);
    if (!client) this.#menu.close(false);
    this.#show();
  }

  focus(options) {
    this.#button.focus(options);
    return true;
  }

  #follow(user) {
    if (user === this.#user) return;
    this.#client?.removeEventListener(`change ${this.#user}`, this.#show);
    this.#user = user;
    this.#client?.addEventListener(`change ${user}`, this.#show);
    if (user) this.#dot.setAttribute('user', user);
    else this.#dot.removeAttribute('user');
  }

  #show = () => {
    const client = this.#client, me = client?.me, own = new Own(me);
    this.#follow(client?.user ?? null);
    const { status, dnd, text, emoji, until } = this.#user ? client.getPresence(this.#user) : Object(unknown);
    const name = me?.invisible ? word('invisible') : title(word(status));
    const message = [emoji, text].filter(Boolean).join(' ');
    this.#emoji.textContent = emoji ?? '';
    if (this.#word.textContent !== name) this.#word.replaceChildren(create('span', { 'aria-hidden': 'true' }, name));
    this.#spoken.textContent = `, ${word('mine')}: ${[name, dnd && word('dnd'), message].filter(Boolean).join(', ')}`;
    this.#shows.forEach((item, i) => { item.ariaChecked = String(Boolean(me) && own.show === SHOWS[i]); });
    this.#dnd.ariaChecked = String(Boolean(me?.dnd));
    note(this.#edit, [message, until && untilTime(until)].filter(Boolean).join(', '));
    this.#clear.hidden = !message;
  };

  #onKey(event) {
    if (!/^Arrow(Up|Down)$/.test(event.key) || this.#menu.isOpen) return;
    event.preventDefault();
    this.#menu.open(event.key === 'ArrowUp');
  }

  #openForm() {
    this.#menu.close(); // the button gets the focus again when the dialog closes
    this.#form.open(new Own(this.#client?.me), this.#client?.now ?? Date.now());
  }

  async #change(change, isKept = false) {
    const problem = await this.#save(client => new Own(client.me).change(client, change));
    this.#problem.textContent = problem ?? '';
    if (!problem && !isKept) this.#menu.close();
  }

  #saveForm(own, all, choice, day) {
    return this.#save(client => own.save(client, all, endOf(choice, day, own.until, client.now)));
  }

  /** Saves by WORK. Resolves with a problem, if any. */
  async #save(work) {
    if (this.#isSaving || !this.#client) return word('notSaved');
    this.#isSaving = true;
    return work(this.#client).then(() => null, problemOf).finally(() => { this.#isSaving = false; });
  }
}
