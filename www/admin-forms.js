// SPDX-License-Identifier: ISC
// Forms of the administrators' page: buttons that open panels, fields, and secrets that are shown once.
import { button, create } from './admin-dom.js';

let panelsMade = 0;

/** A control with its LABEL and a HINT below. */
export const field = (label, control, hint = '') =>
  create('label', '', label, control, ...(hint ? [create('small', '', hint)] : []));

/** MADE with a row of its own. */
export function wide(made) {
  made.classList.add('wide');
  return made;
}

/** A line of text called NAME. */
export const input = (name, more = {}) =>
  create('input', { name, autocomplete: 'off', spellcheck: 'false', ...more });

/** A choice called NAME of OPTIONS, which are [value, text], with VALUE chosen. */
export function choice(name, options, value) {
  const made = create('select', { name });
  for (const [one, text] of options) made.append(create('option', { value: one }, text));
  if (value !== undefined) made.value = value;
  return made;
}

/** A box called NAME to check. */
export function check(name, text, isChecked = false, value = 'on') {
  const box = create('input', { type: 'checkbox', name, value });
  box.checked = box.defaultChecked = isChecked;
  return create('label', { class: 'check' }, box, ` ${text}`);
}

/** Whether the user has changed CONTROL since it was shown or offered a value. */
export const isTouched = ({ type, checked, defaultChecked, value, defaultValue }) =>
  type === 'checkbox' ? checked !== defaultChecked : value !== defaultValue;

/** CONTROL shows VALUE from now on, unless the user has changed it. */
export function offer(control, value) {
  const [now, first] = control.type === 'checkbox' ? ['checked', 'defaultChecked'] : ['value', 'defaultValue'];
  if (!isTouched(control)) control[now] = value;
  control[first] = value;
}

/** Several CHECKS under TITLE. */
export const checks = (title, ...all) =>
  create('fieldset', { class: 'checks' }, create('legend', '', title), ...all);

/**
 * A form of PAGE with FIELDS and a button that says TEXT. SEND is called with the form's elements; if it fails, the
 * form says why, and keeps what was typed.
 */
export function form(page, text, send, ...fields) {
  const problem = create('p', { class: 'bad', role: 'alert', hidden: '' });
  const made = create('form', { class: 'fields' }, ...fields, problem, create('button', { class: 'primary' }, text));
  const tell = said => {
    problem.textContent = said;
    problem.hidden = !said;
  };
  let isBusy = false;
  made.addEventListener('submit', async event => {
    event.preventDefault();
    if (isBusy) return;
    isBusy = true;
    tell('');
    try {
      await send(made.elements);
    } catch (error) {
      if (error.status === 401) page.fail(error);
      else if (!page.signal.aborted) tell(error.message);
    }
    isBusy = false;
  });
  return made;
}

/**
 * A row of buttons: one for each of ALL, which are [text, form], that opens and closes a panel below; then BUTTONS.
 * close() closes what is open.
 */
export function panels(all, ...buttons) {
  const panel = create('section', { class: 'card panel', id: `panel-${++panelsMade}`, hidden: '' });
  let open = null;
  const close = () => {
    if (!open) return;
    const hadFocus = panel.contains(document.activeElement);
    open.setAttribute('aria-expanded', 'false');
    panel.hidden = true;
    if (hadFocus) open.focus();
    open = null;
  };
  const openers = all.map(([text, content]) => button(text, opener => {
    const wasOpen = open === opener;
    close();
    if (wasOpen) return;
    open = opener;
    opener.setAttribute('aria-expanded', 'true');
    panel.setAttribute('aria-label', text);
    panel.replaceChildren(content);
    panel.hidden = false;
    panel.querySelector('input, select, textarea, button')?.focus();
  }));
  for (const opener of openers) {
    opener.setAttribute('aria-expanded', 'false');
    opener.setAttribute('aria-controls', panel.id);
  }
  panel.addEventListener('keydown', event => event.key === 'Escape' && close());
  const bar = create('div', { class: 'bar-of-buttons' }, ...openers, ...buttons);
  return { made: create('div', { class: 'panels' }, bar, panel), close };
}

/** A form that does FN, which TEXT describes, once ID has been typed. For what takes much with it. */
export function typedDeletion(page, id, text, fn) {
  const typed = input('id', { required: '', autocapitalize: 'none' });
  const send = () => {
    if (typed.value.trim() !== id) throw new Error(`To delete it, type ${id}.`);
    return fn();
  };
  const made = form(page, 'Delete it', send, wide(create('p', '', text)), field(`Type ${id}`, typed));
  made.querySelector('.primary').className = 'sure';
  return made;
}

/** Throws a sentence if PATH exists: to PUT there would change it. */
export async function mustBeNew({ api, signal }, path, sentence) {
  const exists = await api.ask('GET', path, { signal }).then(() => true, error => {
    if (error.status === 404) return false;
    throw error;
  });
  if (exists) throw new Error(sentence);
}

/** VALUE, which is shown this once, under TITLE; gone when it is hidden, or the view is left. */
export function shownOnce(title, value) {
  const shown = create('code', { class: 'secret' }, value);
  const said = create('span', { class: 'quiet', role: 'status' });
  const copy = button('Copy', async () => {
    try {
      await navigator.clipboard.writeText(value);
      said.textContent = 'Copied.';
    } catch {
      getSelection().selectAllChildren(shown);
      said.textContent = 'The browser does not allow that. It is selected: copy it yourself.';
    }
  });
  const hide = button('Hide', () => {
    const title = /** @type {HTMLElement} */ (made.closest('.view').querySelector('h1'));
    made.remove();
    title.focus({ preventScroll: true });
  });
  const made = create('div', { class: 'made', role: 'group', 'aria-label': title, tabindex: '-1' },
    create('p', '', `${title}. It is shown only once.`), shown, copy, hide, said);
  return made;
}
