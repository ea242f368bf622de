// SPDX-License-Identifier: ISC
// A menu that a button opens, by the menu button pattern of the WAI-ARIA Authoring Practices.
import { create } from './rollcall-create.js';
import { on } from './rollcall-util.js';

const GAP = 6; // px, around the menu
const TYPING_MS = 700; // between letters that belong together

/** The button's menu: one stop of the Tab key, within which the keys of menus move. */
export class Menu {
  element = create('div', { part: 'menu', role: 'menu', id: 'menu', popover: 'manual' });
  #button;
  #open = null; // AbortController while it is open
  #typed = { text: '', at: 0 };

  /** BUTTON opens it; NAME is for screen readers. */
  constructor(button, name) {
    this.#button = button;
    this.element.hidden = true;
    this.element.ariaLabel = name;
    this.element.addEventListener('keydown', event => this.#onKey(event));
    this.element.addEventListener('focusout', ({ relatedTarget }) => {
      if (relatedTarget && !this.element.contains(/** @type {Node} */ (relatedTarget))) this.close(false);
    });
  }

  get isOpen() { return this.#open !== null; }

  get #items() {
    const all = /** @type {HTMLElement[]} */ ([...this.element.querySelectorAll('[part=item]')]);
    return all.filter(one => !one.hidden);
  }

  /** An item with the name TEXT and a NOTE; CHOOSE(keepsOpen) is called when the user chooses it. */
  add(role, text, note, choose) {
    const item = create('div', { part: 'item', role, tabindex: '-1' }, create('span', '', text));
    item.append(create('span', { part: 'note', dir: 'auto' }, note));
    item.addEventListener('click', () => choose(false));
    item.addEventListener('choose', () => choose(true));
    return item;
  }

  /** Opens it, with the focus on the first item, or the LAST. */
  open(last = false) {
    const { signal } = this.#open = new AbortController();
    this.#typed = { text: '', at: 0 }; // letters typed before it was closed do not count
    this.#show(true);
    this.#place();
    this.#items.at(last ? -1 : 0).focus();
    on(window, 'resize scroll', () => this.#place(), signal);
    on(document, 'pointerdown', event => this.#isOutside(event) && this.close(false), signal);
  }

  /** Closes it; the focus RETURNS to the button, unless it has gone elsewhere. */
  close(returns = true) {
    if (!this.isOpen) return;
    this.#open.abort();
    this.#open = null;
    if (returns) this.#button.focus();
    this.#show(false);
  }

  /** By where it was: the path of an event leaves out what is in closed shadow roots. */
  #isOutside({ clientX: x, clientY: y }) {
    return [this.element, this.#button].map(one => one.getBoundingClientRect()).every(
      ({ left, right, top, bottom }) => x < left || x > right || y < top || y > bottom,
    );
  }

  #show(isOpen) {
    this.element.hidden = !isOpen;
    this.#button.ariaExpanded = String(isOpen);
    if (this.element.togglePopover) this.element.togglePopover(isOpen);
  }

  /** Below the button, or above it if there is more room. */
  #place() {
    const { left, right, top, bottom } = this.#button.getBoundingClientRect(), { style } = this.element;
    const { offsetWidth: width, offsetHeight: height } = this.element;
    const x = this.element.matches(':dir(rtl)') ? right - width : left;
    const y = bottom + GAP + height <= innerHeight ? bottom + GAP : Math.max(GAP, top - GAP - height);
    style.setProperty('--x', `${Math.max(GAP, Math.min(x, innerWidth - width - GAP))}px`);
    style.setProperty('--y', `${y}px`);
  }

  #onKey(event) {
    const items = this.#items, at = items.indexOf(event.target), { key } = event;
    if (event.ctrlKey || event.altKey || event.metaKey || at < 0) return;
    if (key === 'Tab') return this.close(); // and on from the button
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[key];
    event.stopPropagation();
    if (key === ' ' || to !== undefined) this.#typed.at = 0; // the next letter begins a word
    if (key === 'Escape') this.close();
    else if (key === 'Enter') items[at].click();
    else if (key === ' ' && items[at].ariaChecked) items[at].dispatchEvent(new Event('choose'));
    else if (key === ' ') items[at].click();
    else if (to !== undefined) items.at(to % items.length).focus();
    else if ([...key].length === 1) this.#find(key, items, at)?.focus();
    else return;
    event.preventDefault();
  }

  /** The next of ITEMS that begins with what was typed, KEY being the last of it. */
  #find(key, items, at) {
    const now = Date.now(), isGoingOn = now - this.#typed.at < TYPING_MS;
    const text = (isGoingOn ? this.#typed.text : '') + key.toLocaleLowerCase();
    this.#typed = { text, at: now };
    const begin = at + (text.length === 1 ? 1 : 0);
    const order = [...items.slice(begin), ...items.slice(0, begin)];
    return order.find(one => one.textContent.toLocaleLowerCase().startsWith(text));
  }
}
