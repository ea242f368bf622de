// SPDX-License-Identifier: ISC
// The dialog of <rollcall-me>, in which users say all of their status by hand, and until when.
import { create } from './rollcall-create.js';
import { asDay, PERIODS } from './rollcall-manual.js';
import { untilTime } from './rollcall-status.js';
import { labels } from './rollcall-util.js';

export const formWords = {
  mine: 'Your status',
  showAs: 'Show me as',
  auto: 'Automatic',
  invisible: 'Invisible',
  emoji: 'Emoji',
  message: 'Message',
  clearAfter: 'Clear after',
  never: 'Do not clear',
  kept: time => `As now: ${time}`,
  for1800: '30 minutes',
  for3600: '1 hour',
  for14400: '4 hours',
  today: 'Today',
  week: 'This week',
  date: 'A date',
  lastDay: 'Last day',
  save: 'Save',
  cancel: 'Cancel',
  tooLong: most => `At most ${most} characters`,
};

/* It is added to that of the menu. */
export const FORM_CSS = `
[part=dialog] { width: min(26em, calc(100vw - 1em)); margin: auto; padding: 1.25em }
[part=dialog]::backdrop { background: rgb(0 0 0 / .35) }
form { display: grid; gap: 1em }
h2 { margin: 0; font-size: 1.1em }
label { display: grid; gap: .3em }
label.line { display: flex; align-items: center; gap: .5em }
.two { display: grid; grid-template-columns: 5.5em minmax(0, 1fr); gap: .75em }
input:not([type=checkbox]), select {
  box-sizing: border-box; width: 100%; min-width: 0; padding: .4em .6em; border: 1px solid
  color-mix(in srgb, currentColor 55%, transparent); border-radius: .4em; background: var(--rollcall-menu, Canvas);
}
.actions { display: flex; justify-content: end; gap: .5em }
.actions button {
  padding: .4em 1em; border: 1px solid color-mix(in srgb, currentColor 30%, transparent); border-radius: .5em;
  background: none; cursor: pointer;
}
.actions [type=submit] { border-color: currentColor; font-weight: 600 }
@media (max-width: 480px) { [part=dialog] { margin-block-end: max(.5em, env(safe-area-inset-bottom)) } }
`;

const LONGEST = 100; // code points of a message
const DAY_MS = 86400000;
const SUGGESTED = ['📅', '🏠', '🚌', '🎧', '🍽️', '🤒', '🌴'];

export const SHOWS = ['auto', 'away', 'invisible'];

const word = name => labels[name] ?? formWords[name];

export const title = text => text.charAt(0).toLocaleUpperCase() + text.slice(1);
export const showName = show => title(word(show));

const keyOf = choice => (typeof choice === 'number' ? `for${choice}` : choice);
const choiceName = (choice, until) => (choice === 'kept' ? word('kept')(untilTime(until)) : word(keyOf(choice)));

export class Form {
  element = create('dialog', 'dialog');
  #save;
  #show = create('select', { name: 'show' }, ...SHOWS.map(one => create('option', { value: one }, showName(one))));
  #dnd = create('input', { type: 'checkbox', name: 'dnd' });
  #emoji = create('input', { name: 'emoji', list: 'suggested', autocomplete: 'off', maxlength: '64' });
  #text = create('input', { name: 'text', autocomplete: 'off', autofocus: '' });
  #end = create('select', { name: 'end' });
  #day = create('input', { name: 'day', type: 'date' });
  #dayLabel = create('label', '', word('lastDay'), this.#day);
  #problem = create('p', { part: 'problem', role: 'alert' });
  #own;

  /** SAVE(all, choice, day) resolves with a problem, if any. */
  constructor(save) {
    this.#save = save;
    const heading = create('h2', { id: 'heading' }, word('mine'));
    const cancel = create('button', { type: 'button' }, word('cancel'));
    const form = create('form', '', heading,
      create('div', { class: 'two' },
        create('label', '', word('emoji'), this.#emoji), create('label', '', word('message'), this.#text)),
      create('label', '', word('showAs'), this.#show),
      create('label', { class: 'line' }, this.#dnd, title(word('dnd'))),
      create('label', '', word('clearAfter'), this.#end), this.#dayLabel, this.#problem,
      create('div', { class: 'actions' }, cancel, create('button', { type: 'submit' }, word('save'))),
      create('datalist', { id: 'suggested' }, ...SUGGESTED.map(value => create('option', { value }))));
    this.element.setAttribute('aria-labelledby', 'heading');
    this.element.append(form);
    cancel.addEventListener('click', () => this.element.close());
    this.#end.addEventListener('change', () => this.#showDay());
    this.#text.addEventListener('input', () => this.#check());
    form.addEventListener('submit', event => this.#submit(event));
  }

  /** Opens with OWN, what the user has said. NOW is the server's time. */
  open(own, now) {
    const { me, show, until } = this.#own = own;
    const choices = [...until ? ['kept'] : [], 'never', ...PERIODS, 'today', 'week', 'date'];
    this.#end.replaceChildren(...choices.map(one => create('option', { value: String(one) }, choiceName(one, until))));
    this.#show.value = show;
    this.#dnd.checked = Boolean(me.dnd);
    this.#emoji.value = me.emoji ?? '';
    this.#text.value = me.text ?? '';
    this.#end.selectedIndex = 0;
    this.#day.min = asDay(now);
    this.#day.max = asDay(now + 364 * DAY_MS);
    this.#day.value = asDay(now + DAY_MS);
    this.#problem.textContent = '';
    this.#check();
    this.#showDay();
    this.element.showModal();
  }

  #showDay() {
    this.#dayLabel.hidden = this.#end.value !== 'date';
    this.#day.required = !this.#dayLabel.hidden;
  }

  #check() {
    this.#text.setCustomValidity([...this.#text.value.trim()].length > LONGEST ? word('tooLong')(LONGEST) : '');
  }

  async #submit(event) {
    event.preventDefault();
    const all = {
      show: this.#show.value,
      dnd: this.#dnd.checked,
      text: this.#text.value.trim(),
      emoji: this.#emoji.value.trim(),
    };
    const problem = await this.#save(this.#own, all, this.#end.value, this.#day.value);
    this.#problem.textContent = problem ?? '';
    if (!problem) this.element.close();
  }
}
