// SPDX-License-Identifier: ISC
// A long table of the administrators' page: it can be searched, and draws only as many rows as are asked for.
import { button, create, table } from './admin-dom.js';
import { fold } from './rollcall-rows.js';

const ROWS = 100; // at first, and with each "Show more"
const TYPE_MS = 100; // after the last key until it is searched
const PRESS_MS = 100; // until it is looked again whether a button or link in it is still pressed

export const number = value => (value ?? 0).toLocaleString();

export class Listing {
  #all = [];
  #texts = []; // of each of them, in which is searched
  #most = ROWS;
  #words = '';
  #taken = ''; // as JSON
  #late; // a timer
  #how;
  #table = create('div', '');
  #left = create('span', '');
  #more = create('p', { class: 'empty', hidden: '' }, this.#left, ' ', button('Show more', () => {
    const shown = this.#most;
    this.#most += ROWS;
    this.draw();
    if (this.#more.hidden) this.#focusRow(shown);
  }));
  made = create('div', '', this.#table, this.#more);
  search = create('input', { type: 'search' });

  /**
   * @param {object} how
   * @param {string} how.caption
   * @param {string[]} how.columns
   * @param {(one: any) => any[]} how.row its cells
   * @param {(one: any) => string} [how.text] what is searched
   * @param {string} [how.find] what the search says that it finds, such as "a name or id"
   * @param {string} how.empty the sentence if there is nothing
   */
  constructor(how) {
    this.#how = how;
    this.search.placeholder = `Find ${how.find ?? ''}`;
    this.search.setAttribute('aria-label', `Find in ${how.caption}`);
    let timer;
    this.search.addEventListener('input', () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        this.#words = fold(this.search.value);
        this.#most = ROWS;
        this.draw();
      }, TYPE_MS);
    });
  }

  get all() {
    return this.#all;
  }

  /**
   * ALL are there now. Nothing is drawn if they were before, so that what is selected, or being clicked, stays; but on
   * a new day times get a date. A link that has the focus keeps it.
   */
  take(all) {
    const { text } = this.#how;
    const taken = JSON.stringify([new Date().toDateString(), all]);
    if (taken === this.#taken) return;
    this.#taken = taken;
    this.#all = all;
    this.#texts = text ? all.map(one => fold(text(one))) : [];
    this.#drawAgain();
  }

  /* A press that is under way would be lost with what is pressed. */
  #drawAgain() {
    clearTimeout(this.#late);
    if (this.#table.matches(':active')) {
      this.#late = setTimeout(() => this.#drawAgain(), PRESS_MS);
      return;
    }
    const link = this.#table.contains(document.activeElement) && document.activeElement.getAttribute('href');
    this.draw();
    if (!link) return;
    const same = [...this.#table.querySelectorAll('a')].find(one => one.getAttribute('href') === link);
    same?.focus({ preventScroll: true });
  }

  /* For who has pressed the button that is gone with the last rows. */
  #focusRow(i) {
    const control = this.#table.querySelectorAll('tbody tr')[i]?.querySelector('a, button');
    if (control instanceof HTMLElement) control.focus();
  }

  draw() {
    const { caption, columns, row, empty } = this.#how;
    const found = this.#words ? this.#all.filter((_, i) => this.#texts[i].includes(this.#words)) : this.#all;
    const rows = found.slice(0, this.#most).map(row);
    const none = this.#all.length ? 'No match.' : empty;
    const left = found.length - rows.length;
    this.#table.replaceChildren(table(caption, columns, rows, none));
    this.#left.textContent = `${number(left)} more.`;
    this.#more.hidden = left <= 0;
  }
}
