// SPDX-License-Identifier: ISC
// The administrators' page: signs in with a token, which stays in this tab, and shows what the address says:
// #/workspaces, #/workspaces/acme, #/workspaces/acme/ann, #/tokens, #/webhooks, #/webhooks/crm or #/health.
import './rollcall.js';
import { Api, isFinal } from './admin-api.js';
import { bdi, button, create, heading, linkTo } from './admin-dom.js';
import { showHealth } from './admin-health.js';
import { showPerson, showWorkspace } from './admin-people.js';
import { showTokens } from './admin-tokens.js';
import { showWebhook, showWebhooks } from './admin-webhooks.js';
import { showWorkspaces } from './admin-workspaces.js';

const KEY = 'rollcall-admin';
const ENDED = 'This token is not accepted any more.';
const element = id => document.getElementById(id);
const form = /** @type {HTMLFormElement} */ (element('form'));

let api = null;
let shown = new AbortController(); // of the view

// ---- what this tab remembers ----

/* Storage may be blocked: then a reload asks for the token again. */
function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? 'null');
  } catch {
    return null;
  }
}

function remember(value) {
  try {
    if (value) sessionStorage.setItem(KEY, JSON.stringify(value));
    else sessionStorage.removeItem(KEY);
  } catch {
    // it is forgotten
  }
}

// ---- views ----

const views = {
  workspaces: (page, [workspace, user]) =>
    user ? showPerson(page, workspace, user) : workspace ? showWorkspace(page, workspace) : showWorkspaces(page),
  tokens: showTokens,
  webhooks: (page, [id]) => (id ? showWebhook(page, id) : showWebhooks(page)),
  health: showHealth,
};

/** The parts of the address; none if it is malformed. */
function address() {
  try {
    return location.hash.split('/').slice(1).map(part => decodeURIComponent(part));
  } catch {
    return [];
  }
}

/* Screen readers say a text that is set, even if it is the same. */
function tell(id, text) {
  if (element(id).textContent !== text) element(id).textContent = text;
}

/** Says how live the page is: 'live', an error that is being waited for, or '' for nothing. */
function tellState(state) {
  const isLive = state === 'live';
  element('state').hidden = !state;
  element('state').dataset.state = isLive ? 'live' : 'retrying';
  tell('state', isLive ? 'Live' : 'Trying again');
  element('trouble').hidden = !state || isLive;
  tell('trouble', state?.message ?? '');
}

function fail(error, view) {
  if (error.status === 401) {
    signOut(ENDED);
    return;
  }
  if (isFinal(error)) tellState(''); // nothing is followed any more
  view.querySelector('#loading')?.remove();
  view.querySelector('#failure')?.remove();
  const said = create('p', { class: 'bad', role: 'alert' }, error.message);
  const health = error.status === 503 ? [linkTo('What is wrong', 'health')] : [];
  view.append(create('div', { id: 'failure' }, said, ...health, button('Try again', show)));
  if (view.querySelector('h1')) return;
  view.prepend(heading('Something is wrong'));
  view.querySelector('h1').focus({ preventScroll: true });
}

/** Shows what the address says. */
async function show() {
  if (!api) return;
  shown.abort();
  shown = new AbortController();
  const { signal } = shown;
  let [name = '', ...rest] = address();
  if (!Object.hasOwn(views, name)) [name, rest] = ['workspaces', []];
  for (const link of element('nav').children) {
    const isCurrent = link.getAttribute('href') === `#/${name}`;
    link.toggleAttribute('aria-current', isCurrent);
    if (isCurrent) link.setAttribute('aria-current', 'page');
  }
  const view = create('div', { class: 'view', id: 'view' });
  tellState('');
  element('view').replaceWith(view);
  view.append(create('p', { class: 'empty', id: 'loading' }, 'Loading…'));
  const entitle = () => { document.title = `${view.querySelector('h1').textContent} – Rollcall`; };
  const page = {
    api, signal, tellState,
    /** Draws CONTENT, of which the first is the heading. */
    draw(...content) {
      if (signal.aborted) return;
      const isFirst = Boolean(element('loading'));
      view.replaceChildren(...content);
      entitle();
      if (isFirst) view.querySelector('h1').focus({ preventScroll: true });
    },
    /** What is shown is called NAME now. */
    rename(name) {
      if (signal.aborted) return;
      view.querySelector('h1').replaceChildren(bdi(name));
      entitle();
    },
    fail: error => !signal.aborted && fail(error, view),
  };
  try {
    await views[name](page, rest);
  } catch (error) {
    page.fail(error);
  }
}

// ---- signing in and out ----

function signOut(why = '') {
  shown.abort();
  api = null;
  remember(null);
  element('view').replaceChildren();
  form.reset();
  document.title = 'Administer Rollcall';
  askForToken(why);
}

function askForToken(why = '') {
  tellState('');
  for (const id of ['nav', 'sign-out', 'view']) element(id).hidden = true;
  element('enter').hidden = false;
  refuse(why);
  /** @type {any} */ (form.elements).token.focus();
}

function refuse(why) {
  element('refused').textContent = why;
  element('refused').hidden = !why;
}

/** Signs in with TOKEN at URL. Throws if it is not an administrator's. */
async function signIn({ url, token }) {
  const { admin } = await new Api(url, token).ask('GET', '/me');
  if (!admin) throw new Error('This token is not an administrator’s. rollcalld --new-admin-token makes one.');
  remember({ url, token });
  await enter({ url, token });
}

/** Shows what the address says, to an administrator with TOKEN at URL. */
async function enter({ url, token }) {
  api = new Api(url, token);
  form.reset();
  element('enter').hidden = true;
  for (const id of ['nav', 'sign-out', 'view']) element(id).hidden = false;
  await show();
}

/** Goes on with what this tab remembers. If the server is away, the view says so, and the token is kept. */
async function resume(known) {
  const isShown = enter(known);
  const mine = api;
  await mine.ask('GET', '/me').catch(error => error.status === 401 && api === mine && signOut(ENDED));
  await isShown;
}

async function onSubmit() {
  const { url, token } = /** @type {any} */ (form.elements);
  refuse('');
  try {
    const typed = { url: url.value.trim(), token: token.value.trim() };
    if (new URL(typed.url, location.href).origin !== location.origin)
      throw new Error(`The address must be a path of this site, such as /presence.`);
    await signIn(typed);
  } catch (error) {
    refuse(error.status === 401 ? 'This token is not valid, or was revoked.' : error.message);
    token.focus();
    token.select();
  }
}

form.addEventListener('submit', event => {
  event.preventDefault();
  onSubmit();
});
element('sign-out').addEventListener('click', () => signOut());
window.addEventListener('hashchange', show);
element('nav').addEventListener('click', ({ target }) => {
  if (/** @type {HTMLAnchorElement} */ (target).hash === location.hash) show(); // the address does not change
});

/* In another page's frame, a click might not be meant for this one. */
if (window.top !== window)
  document.body.replaceChildren(create('p', { class: 'bad' }, 'Open this page in a tab of its own.'));
else if (recall()) resume(recall()).catch(error => askForToken(error.message));
else askForToken();
