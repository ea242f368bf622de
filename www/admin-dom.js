// SPDX-License-Identifier: ISC
// How the administrators' page is drawn: tables, buttons, times.
import { create } from './rollcall-create.js';

export { create };

const ASK_MS = 6000; // for which a button asks whether it is meant

/** A time in ms as people read it, or MISSING. */
export function when(ms, missing = '–') {
  if (!ms) return missing;
  const at = new Date(ms);
  const dateStyle = at.toDateString() === new Date().toDateString() ? undefined : 'medium';
  const made = create('time', '', at.toLocaleString([], { dateStyle, timeStyle: 'short' }));
  made.dateTime = at.toISOString();
  made.title = at.toLocaleString([], { dateStyle: 'full', timeStyle: 'long' });
  return made;
}

/** A text in a direction of its own. */
export const bdi = text => create('bdi', '', text);

/** A link that says TEXT to the view at PATH, such as 'workspaces', 'acme'. */
export const linkTo = (text, ...path) =>
  create('a', { href: `#/${path.map(encodeURIComponent).join('/')}` }, bdi(text));

/** A button that says TEXT and does FN, which is called with the button and the click. */
export function button(text, fn, className = '') {
  const made = create('button', { type: 'button', class: className }, text);
  made.addEventListener('click', event => fn(made, event));
  return made;
}

/**
 * The same for what cannot be undone: the first click asks QUESTION, and the second one does FN, unless both are a
 * double click. Screen readers say ABOUT after TEXT, as a table may have many such buttons.
 */
export function carefulButton(text, question, fn, about = '') {
  let timer;
  const more = about ? [create('span', { class: 'for-readers' }, ` ${about}`)] : [];
  const rest = () => {
    clearTimeout(timer);
    timer = 0;
    made.replaceChildren(text, ...more);
    made.classList.remove('sure');
  };
  const made = button(text, (_, { detail: clicks }) => {
    if (timer) {
      if (clicks > 1) return;
      rest();
      fn(made);
      return;
    }
    made.textContent = question;
    made.classList.add('sure');
    timer = setTimeout(rest, ASK_MS);
  });
  made.addEventListener('blur', () => timer && rest());
  made.append(...more);
  return made;
}

/** A cell that names its column, which phones show before it. */
function cell(column, content) {
  const made = create('td', { 'data-column': column });
  made.append(...(Array.isArray(content) ? content : [content ?? '–']));
  return made;
}

/**
 * A table called CAPTION with COLUMNS; ROWS are lists of contents, of which the first names the row. Without rows, the
 * sentence EMPTY.
 */
export function table(caption, columns, rows, empty) {
  if (!rows.length) return create('p', { class: 'empty' }, empty);
  const head = create('tr', '', ...columns.map(column => create('th', { scope: 'col' }, column)));
  const body = rows.map(([first, ...others]) => {
    const name = create('th', { scope: 'row' });
    name.append(...(Array.isArray(first) ? first : [first]));
    return create('tr', '', name, ...others.map((content, i) => cell(columns[i + 1], content)));
  });
  const title = create('caption', { class: 'for-readers' }, caption);
  const made = create('table', '', title, create('thead', '', head), create('tbody', '', ...body));
  return create('div', { class: 'scroll' }, made);
}

/** A card called TITLE with CONTENT; MORE stands beside the title. */
export function card(title, more, ...content) {
  const head = create('div', { class: 'head' }, create('h2', '', title), ...more);
  return create('section', { class: 'card' }, head, create('div', { class: 'body' }, ...content));
}

/** The title of a view, which gets the focus when the view is shown. */
export const heading = (...content) => create('h1', { tabindex: '-1' }, ...content);

/** Where a view says what went wrong, and what was done. It stays in sight, however long the view is. */
export function messages() {
  const made = create('p', { class: 'message', role: 'status', tabindex: '-1' });
  return {
    made,
    /** Says TEXT. Gets the focus if the button that was clicked is gone or off, so that it does not go to the top. */
    say(text, isBad = false) {
      made.textContent = text;
      made.classList.toggle('bad', isBad);
      if (text && (document.activeElement?.matches('body, :disabled') ?? true)) made.focus({ preventScroll: true });
    },
  };
}

/** Makes of FN what a button of PAGE does: it does FN, and MESSAGE says what FN returns, or why it failed. */
export const acting = ({ fail, signal }, message) => fn => async () => {
  try {
    message.say('');
    message.say(await fn() ?? '');
  } catch (error) {
    if (error.status === 401) fail(error); // the token of this page may have been revoked just now
    else if (!signal.aborted) message.say(error.message, true);
  }
};
