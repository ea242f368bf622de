// SPDX-License-Identifier: ISC
// The demo page: signs in as one of the people in demo.json, or with what is typed into a form, and shows who is here.
// The address says what is shown: #ada, #ada/with/maria (a person), #ada/dm/3 (a conversation). ?transport=poll in it
// says how changes come.
import { Rollcall } from './rollcall.js';
import { hue, initials } from './rollcall-lists.js';

const LOGGED = 60; // answers of the stream that stay on the page
const AGAIN_MS = 4000; // for which the page says that it is live again

const element = id => document.getElementById(id);
const names = new Map(); // user -> name
const told = []; // { user, status, at }, the latest first
let people = []; // of demo.json
let me = ''; // whom the address names
let conversations = [];
let from = 'members'; // the list in which what is shown was chosen
let client = null;
let countdown;
let talked = 0; // the conversation that is shown
let typing = null; // ends telling others in it that one types

const nameOf = user => names.get(user) ?? user;
const time = at => at.toLocaleTimeString([], { timeStyle: 'short' });

function node(tag, className, ...content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

/** Says of a conversation whether it is the one with USER alone. */
const isWith = user => dm => !dm.group && dm.participants.some(one => one.user === user);

const bdi = text => node('bdi', '', text);

function avatar(user, name = nameOf(user)) {
  const made = node('span', 'avatar', node('span', '', initials(name)));
  made.ariaHidden = 'true';
  made.style.background = hue(user);
  return made;
}

function show(id) {
  for (const section of ['choose', 'connect', 'room']) element(section).hidden = section !== id;
  for (const part of ['me', 'workspace', 'state']) element(part).hidden = id !== 'room';
}

// ---- what is kept in the browser ----

/* Storage may be blocked: then a reload forgets. */
function recall(store, key) {
  try {
    return globalThis[store].getItem(key) ?? '';
  } catch {
    return '';
  }
}

function keep(store, key, value) {
  try {
    if (value) globalThis[store].setItem(key, value);
    else globalThis[store].removeItem(key);
  } catch {
    // it is forgotten
  }
}

/** The parts of the address; none if it is malformed. */
function address() {
  try {
    return location.hash.slice(1).split('/').map(part => decodeURIComponent(part));
  } catch {
    return [];
  }
}

const chosen = () => address()[0] || recall('sessionStorage', 'rollcall-demo');

// ---- signing in ----

function choose(demo) {
  element('people').replaceChildren(
    ...people.map(person => {
      const button = node('button', 'person', avatar(person.user, person.name), bdi(person.name));
      button.type = 'button';
      button.addEventListener('click', () => {
        enter(demo, person);
        element('workspace').focus();
      });
      return node('li', '', button);
    }),
  );
  show('choose');
}

function enter({ url, workspace }, person) {
  me = person.user;
  keep('sessionStorage', 'rollcall-demo', me);
  const others = people.filter(({ user }) => user !== me);
  element('others').replaceChildren(
    ...others.map(other => {
      const link = node('a', '', bdi(other.name));
      link.href = `#${encodeURIComponent(other.user)}`;
      link.target = '_blank';
      return node('li', '', link);
    }),
  );
  element('invite').hidden = others.length === 0;
  open({ url, workspace, token: person.token });
}

function signOut() {
  client?.close({ now: true });
  keep('sessionStorage', 'rollcall-demo', '');
  history.replaceState(null, '', location.pathname + location.search);
  location.reload();
}

// ---- the room ----

function open({ url, workspace, token }) {
  showTyping(0);
  client?.close();
  const transport = /** @type {any} */ (new URLSearchParams(location.search).get('transport') ?? 'auto');
  client = Rollcall.connect({ url, workspace, token, transport, everyone: false });
  client.addEventListener('status', showOwn);
  client.addEventListener('error', showError);
  client.addEventListener('stream', showAnswer);
  client.addEventListener('change', showChange);
  client.addEventListener('refetch', learn);
  client.addEventListener('counts', showCounts);
  element('workspace').textContent = workspace;
  document.title = `${workspace} – Rollcall`;
  list('members', 'with');
  list('dms', 'dm');
  show('room');
  showOwn();
  showTalk();
  learn();
}

function list(what, path) {
  const made = document.createElement(what === 'dms' ? 'rollcall-dms' : 'rollcall-members');
  made.setAttribute('href', `#${encodeURIComponent(me)}/${path}/{id}`);
  made.addEventListener('count', ({ detail: { shown, of } }) => {
    const text = made.getAttribute('filter')
      ? `${shown.toLocaleString()} of ${of.toLocaleString()}`
      : of.toLocaleString();
    element(`${what}-count`).textContent = text;
  });
  element(what).replaceChildren(made);
}

/** The names of members, and who is in which conversation. */
async function learn() {
  const [members, dms] = await Promise.all([client.members(), client.dms()].map(one => one.catch(() => null)));
  for (const { user, name } of members ?? []) names.set(user, name);
  conversations = dms ?? conversations;
  showOwn();
  showTalk();
}

const states = {
  starting: 'connecting',
  live: 'live',
  retrying: 'not live',
  stopped: 'signed out',
  closed: 'signed out',
};

function showOwn() {
  const { state, status, user, session, leader, transport } = client;
  if (state === 'live') isBack();
  if (state === 'retrying' && !element('notice-text').textContent) notice('Presence is unavailable.', 'Retrying.');
  element('state').textContent = states[state];
  element('state').dataset.state = state;
  element('fact-state').textContent = state;
  element('fact-status').textContent = status;
  element('fact-transport').textContent = transport;
  element('fact-session').textContent = session ?? '–';
  element('fact-leader').textContent = state === 'stopped' ? 'no tab' : leader ? 'this tab' : 'another tab';
  if (user) element('my-dot').setAttribute('user', user);
  const who = user ?? me;
  if (!who) return;
  element('my-name').textContent = nameOf(who);
  element('my-avatar').replaceChildren(...avatar(who).childNodes);
  element('my-avatar').style.background = hue(who);
}

// ---- what goes wrong ----

/**
 * Shows TEXT at the foot of the page, which screen readers say once, and WHEN, which they do not repeat every second.
 */
function notice(text, when = '', act = '') {
  clearTimeout(countdown);
  element('notice').toggleAttribute('data-empty', !text);
  if (element('notice-text').textContent !== text) element('notice-text').textContent = text;
  element('notice-when').textContent = when;
  element('notice-act').textContent = act;
  element('notice-act').hidden = !act;
}

const sentence = text => `${text.trim().replace(/[.\s]+$/, '')}.`;

function showError({ detail: { status, kind, message, retryIn } }) {
  const signedOut = kind === 'refused' ? '' : 'You are signed out. ';
  if (retryIn === null) return notice(signedOut + sentence(message), '', 'Sign in again');
  const until = Date.now() + retryIn;
  const text = status === 0 && !navigator.onLine ? 'You are offline.' : 'Presence is unavailable.';
  const say = () => {
    const seconds = Math.ceil((until - Date.now()) / 1000);
    notice(text, seconds > 0 ? `Retrying in ${seconds} s.` : 'Retrying now.', 'Retry now');
    if (seconds > 0) countdown = setTimeout(say, 1000);
  };
  say();
}

function isBack() {
  if (element('notice').hasAttribute('data-empty') || element('notice-text').textContent === 'Live again.') return;
  notice('Live again.');
  countdown = setTimeout(() => notice(''), AGAIN_MS);
}

function act() {
  if (client.state === 'stopped') signOut();
  else client.retry();
}

// ---- a conversation ----

/**
 * The person or conversation that the address names: { title, users }, with the id of the conversation if there is one;
 * null if it names none, { missing } if it does not exist.
 */
function talk() {
  const [, kind, id] = address();
  if (kind === 'with')
    return names.has(id) || names.size === 0
      ? { title: nameOf(id), users: [id], id: conversations.find(isWith(id))?.id }
      : { missing: 'member' };
  if (kind !== 'dm') return null;
  const found = conversations.find(one => String(one.id) === id);
  if (!found) return { missing: 'conversation' };
  const others = found.participants.map(({ user }) => user).filter(user => user !== client.user);
  return { title: found.name ?? others.map(nameOf).join(', '), users: [...others, client.user], id };
}

function showTalk() {
  const [, kind = '', id = ''] = address();
  const now = talk();
  const isOpen = now !== null;
  element('room').dataset.view = isOpen ? 'talk' : 'lists';
  element('nothing').hidden = isOpen;
  element('talk').hidden = !isOpen;
  element('members').firstElementChild?.setAttribute('current', kind === 'with' ? id : '');
  element('dms').firstElementChild?.setAttribute('current', kind === 'dm' ? id : '');
  element('back').setAttribute('href', `#${encodeURIComponent(me)}`);
  showTyping(Number(now?.id ?? 0));
  if (!isOpen) return element('participants').replaceChildren();
  element('talk-title').replaceChildren(bdi(now.title ?? `There is no such ${now.missing}`));
  showParticipants(now.users ?? []);
  showLog();
}

/** Who types in the conversation ID and looks at it; 0 for none. */
function showTyping(id) {
  if (id === talked) return;
  talked = id;
  typing?.();
  typing = id ? client.attachTyping(id, element('message')) : null;
  element('say').hidden = !id;
  element('typing').setAttribute('dm', id || '');
  element('looking').setAttribute('place', id ? `dm:${id}` : '');
}

/** People who are already shown stay, so that their dots do not flicker. */
function showParticipants(users) {
  const place = element('participants');
  const shown = new Map([...place.children].map(one => [/** @type {HTMLElement} */ (one).dataset.user, one]));
  place.replaceChildren(...users.map(user => shown.get(user) ?? participant(user)));
  for (const row of place.children)
    row.querySelector('bdi').textContent = nameOf(/** @type {HTMLElement} */ (row).dataset.user);
  tellParticipants();
}

function participant(user) {
  const dot = node('rollcall-dot', '');
  dot.setAttribute('user', user);
  const message = node('rollcall-status', '');
  message.setAttribute('user', user);
  const made = node(
    'li',
    '',
    node('span', 'face', avatar(user), dot),
    node('span', 'said', bdi(nameOf(user)), node('span', 'quiet'), message),
  );
  made.dataset.user = user;
  return made;
}

/** Each one's status, in the words of their dots, and how many are here. */
function tellParticipants() {
  const rows = [...element('participants').children];
  for (const row of rows) {
    const { user } = /** @type {HTMLElement} */ (row).dataset;
    const said = row.querySelector('rollcall-dot')?.title ?? '';
    row.querySelector('.quiet').textContent = user === client.user ? `${said} · you` : said;
  }
  const here = rows.filter(row => client.getStatus(/** @type {HTMLElement} */ (row).dataset.user) === 'active').length;
  element('talk-here').textContent = rows.length > 1 ? `${here} of ${rows.length} here` : '';
}

function showLog() {
  const users = new Set(
    [...element('participants').children].map(row => /** @type {HTMLElement} */ (row).dataset.user),
  );
  const lines = told.filter(({ user }) => users.has(user)).map(change => line(change));
  element('talk-log').replaceChildren(...(lines.length ? lines : [node('li', 'none', 'Nothing has changed yet.')]));
}

/** Opens what the address names. With someone for the first time, this creates the conversation. */
async function go() {
  if (chosen() !== me) return location.reload();
  const [, kind, id] = address();
  const isLeaving = element('talk').contains(document.activeElement);
  showTalk();
  element('talk-error').textContent = '';
  if (kind) element('talk-title').focus({ preventScroll: true });
  else if (isLeaving) /** @type {HTMLElement} */ (element(from).firstElementChild).focus();
  from = kind === 'dm' ? 'dms' : 'members';
  if (kind !== 'with' || id === client.user || !names.has(id) || conversations.some(isWith(id))) return;
  await client.openDm([id]).catch(({ message }) => {
    element('talk-error').textContent = `The conversation was not opened. ${sentence(message)}`;
  });
}

// ---- what the stream says ----

function line({ user, status, at, dnd, text = '', emoji = '' }, why = '') {
  const dot = node('rollcall-dot', '');
  dot.setAttribute('status', status);
  if (dnd) dot.setAttribute('dnd', '');
  dot.ariaHidden = 'true';
  const message = [emoji, text].filter(Boolean).join(' ');
  return node(
    'li',
    '',
    node('time', '', time(at)),
    dot,
    node(
      'span',
      'said',
      bdi(nameOf(user)),
      ` is ${status}${dnd ? ', do not disturb' : ''}`,
      ...(message ? [': ', bdi(message)] : []),
    ),
    why && node('code', '', why),
  );
}

function showCounts({ detail: { active, away, offline, dnd } }) {
  element('fact-counts').textContent = `${active} active, ${away} away, ${offline} offline, ${dnd} not to be disturbed`;
}

/** Runs once the dots have changed. */
function showChange() {
  queueMicrotask(tellParticipants);
}

function showAnswer({ detail: { cursor, changes, refetch = [], resync } }) {
  const log = element('log');
  element('fact-cursor').textContent = cursor;
  const news = changes.map(change => ({ ...change, at: new Date((resync && change.since) || Date.now()) }));
  if (!resync) told.unshift(...news.toReversed());
  told.splice(LOGGED * 4);
  if (!element('talk').hidden) showLog();
  const lines = news.map(change => line(change, change.why));
  if (resync) lines.push(node('li', 'note', 'Read in full: the server started afresh'));
  if (refetch.length) lines.push(node('li', 'note', `To be fetched again: ${refetch.join(', ')}`));
  if (lines.length) log.querySelector('.none')?.remove();
  log.prepend(...lines.reverse());
  while (log.children.length > LOGGED) log.lastElementChild.remove();
}

// ---- the page ----

async function start() {
  const answer = await fetch('demo.json', { cache: 'no-store' }).catch(() => null);
  const demo = answer?.ok ? await answer.json().catch(() => null) : null;
  if (!demo?.people?.length) return show('connect');
  people = demo.people;
  for (const { user, name } of people) names.set(user, name);
  const person = people.find(({ user }) => user === chosen());
  if (person) enter(demo, person);
  else choose(demo);
}

element('sign-out').addEventListener('click', signOut);
element('notice-act').addEventListener('click', act);
element('say').addEventListener('submit', event => {
  event.preventDefault();
  /** @type {HTMLFormElement} */ (element('say')).reset();
});
element('search').addEventListener('input', ({ target }) =>
  element('members').firstElementChild?.setAttribute('filter', /** @type {HTMLInputElement} */ (target).value),
);
element('search').addEventListener('keydown', event => {
  const list = /** @type {HTMLElement} */ (element('members').firstElementChild);
  if (event.key !== 'ArrowDown' || !list) return;
  event.preventDefault();
  list.focus();
});
element('form').addEventListener('submit', event => {
  event.preventDefault();
  const { url, workspace, token } = Object.fromEntries(new FormData(/** @type {HTMLFormElement} */ (event.target)));
  open({ url: String(url), workspace: String(workspace), token: String(token).trim() });
  element('workspace').focus();
});
addEventListener('hashchange', () => (client ? go() : location.reload()));
start();
