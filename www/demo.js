// SPDX-License-Identifier: ISC
// The demo page: signs in as one of the people that demo.json names, or as whom a form is told, and shows who is here.
import { Rollcall } from './rollcall.js';

const LOGGED = 60; // answers of the stream that stay on the page
const silent = new Set(['unreachable', 'bad_answer']); // codes that say nothing to a visitor

const element = id => document.getElementById(id);
const names = new Map(); // user -> name
let people = []; // of demo.json
let client = null;
let countdown;

function show(id) {
  for (const section of ['choose', 'connect', 'room']) element(section).hidden = section !== id;
  element('me').hidden = id !== 'room';
}

function notice(text) {
  clearInterval(countdown);
  element('notice').textContent = text;
  element('notice').hidden = !text;
}

const nameOf = user => names.get(user) ?? user;

function node(tag, className, ...content) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

const bdi = text => node('bdi', '', text);

// ---- signing in ----

const chosen = () => decodeURIComponent(location.hash.slice(1)) || sessionStorage.getItem('rollcall-demo') || '';

function initials(name) {
  const words = name.split(/\s+/).filter(Boolean);
  return [words[0], words.length > 1 ? words.at(-1) : '']
    .map(word => [...(word ?? '')][0] ?? '')
    .join('')
    .toLocaleUpperCase();
}

function avatar({ user, name }) {
  const made = node('span', 'avatar', initials(name));
  made.ariaHidden = 'true';
  made.dataset.hue = String([...user].reduce((sum, c) => sum + c.charCodeAt(0), 0) % 6);
  return made;
}

function choose(demo) {
  element('people').replaceChildren(
    ...people.map(person => {
      const button = node('button', 'person', avatar(person), bdi(person.name));
      button.type = 'button';
      button.addEventListener('click', () => enter(demo, person));
      return node('li', '', button);
    }),
  );
  show('choose');
}

function enter({ url, workspace }, person) {
  sessionStorage.setItem('rollcall-demo', person.user);
  const others = people
    .filter(({ user }) => user !== person.user)
    .map(other => {
      const link = node('a', '', bdi(other.name));
      link.href = `#${encodeURIComponent(other.user)}`;
      link.target = '_blank';
      return link;
    });
  element('invite').replaceChildren(
    ...(others.length ? ['Open a tab as ', ...others.flatMap((one, i) => [i ? ', ' : '', one])] : []),
  );
  open({ url, workspace, token: person.token });
}

function signOut() {
  client?.close({ now: true });
  sessionStorage.removeItem('rollcall-demo');
  history.replaceState(null, '', location.pathname + location.search);
  location.reload();
}

// ---- the room ----

function open({ url, workspace, token }) {
  client?.close();
  client = Rollcall.connect({ url, workspace, token, everyone: false });
  client.addEventListener('status', showOwn);
  client.addEventListener('error', showError);
  client.addEventListener('stream', showAnswer);
  client.addEventListener('refetch', learnNames);
  element('workspace').textContent = workspace;
  element('members').replaceChildren(document.createElement('rollcall-members'));
  element('dms').replaceChildren(document.createElement('rollcall-dms'));
  show('room');
  learnNames();
}

async function learnNames() {
  const members = await client.members().catch(() => null);
  if (!members) return;
  for (const { user, name } of members) names.set(user, name);
  element('members-count').textContent = members.length.toLocaleString();
  showOwn();
}

function showOwn() {
  const { state, status, user, session, leader } = client;
  if (state === 'live') notice('');
  element('state').textContent = state;
  element('state').dataset.state = state;
  element('fact-status').textContent = status;
  element('fact-session').textContent = session ?? '–';
  element('fact-leader').textContent = state === 'stopped' ? 'no tab' : leader ? 'this tab' : 'another tab';
  element('my-name').textContent = user ? nameOf(user) : '';
  if (user) element('my-dot').setAttribute('user', user);
}

function showError({ detail: { code, message, retryIn } }) {
  if (retryIn === null) return notice(`Stopped: ${message}`);
  const until = Date.now() + retryIn;
  const say = () => {
    const seconds = Math.ceil((until - Date.now()) / 1000);
    const when = seconds > 0 ? `again in ${seconds} s` : 'again now';
    element('notice').textContent = `${silent.has(code) ? 'The server does not answer' : message}. Trying ${when}.`;
  };
  notice(' ');
  say();
  countdown = setInterval(say, 1000);
}

function line({ user, status, why }, at) {
  const dot = node('rollcall-dot', '');
  dot.setAttribute('status', status);
  dot.ariaHidden = 'true';
  const time = node('time', '', at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' }));
  return node('li', '', time, dot, node('span', 'said', bdi(nameOf(user)), ` is ${status}`), node('code', '', why));
}

function showAnswer({ detail: { cursor, changes, refetch = [], resync } }) {
  const log = element('log');
  const at = new Date();
  element('fact-cursor').textContent = cursor;
  const lines = changes.map(change => line(change, at));
  if (resync) lines.push(node('li', 'note', 'Read anew: the server started afresh'));
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
element('search').addEventListener('input', ({ target }) =>
  element('members').firstElementChild?.setAttribute('filter', /** @type {HTMLInputElement} */ (target).value),
);
element('form').addEventListener('submit', event => {
  event.preventDefault();
  const { url, workspace, token } = Object.fromEntries(new FormData(/** @type {HTMLFormElement} */ (event.target)));
  open({ url: String(url), workspace: String(workspace), token: String(token).trim() });
});
for (const radio of document.querySelectorAll('[name=status]'))
  radio.addEventListener('change', () => client?.setStatus(/** @type {any} */ (radio).value || null));
addEventListener('hashchange', () => location.reload());
start();
