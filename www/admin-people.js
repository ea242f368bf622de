// SPDX-License-Identifier: ISC
// Who is in a workspace and how they are, live, and why somebody is shown as they are.
import { isFinal, paced, Presence, workspacePath } from './admin-api.js';
import {
  acting, bdi, button, card, carefulButton, create, heading, linkTo, messages, table, when,
} from './admin-dom.js';
import { Listing, number } from './admin-listing.js';
import { memberBar, workspaceBar } from './admin-workspaces.js';

const LIST_MS = 3000; // between two lists of the members, while they change
const COUNT_MS = 500; // between two counts of who is here
const LOOK_MS = 500; // between two looks at somebody who changes
const RETRY_MS = 3000; // after a look that failed

// ---- how somebody is ----

/** A dot with words, which tell() keeps up to date. */
class Told {
  #dot = create('rollcall-dot', { status: 'unknown', 'aria-hidden': 'true' }); // the word is beside it
  #word = create('span', '', 'unknown');
  #more = create('span', { class: 'quiet' });
  made = create('span', { class: 'told' }, this.#dot, ' ', this.#word, ' ', this.#more);

  /** ONE is what is told of them; nothing if they were never here. */
  tell(one = { status: 'offline' }) {
    const { status, since, dnd, emoji, text } = one;
    this.#dot.setAttribute('status', status);
    this.#dot.toggleAttribute('dnd', Boolean(dnd));
    this.#word.textContent = dnd ? `${status}, do not disturb` : status;
    const said = [emoji, text].filter(Boolean).join(' ');
    this.#more.replaceChildren(...(said ? [bdi(said)] : since ? ['since ', when(since)] : []));
  }
}

/**
 * Follows PRESENCE for PAGE. TELL is called with a user's id, or without one for everybody. Resolves when it is known
 * how people are, or that this cannot be told now.
 */
async function follow(page, presence, tell) {
  presence.addEventListener('all', () => tell());
  presence.addEventListener('one', (/** @type {CustomEvent} */ { detail }) => tell(detail));
  presence.addEventListener('state', (/** @type {CustomEvent} */ { detail }) =>
    !page.signal.aborted && page.tellState(detail));
  const isBegun = new Promise(done => presence.addEventListener('state', done, { once: true }));
  const following = presence.follow(page.signal);
  await Promise.race([isBegun, following]);
  following.catch(page.fail);
}

// ---- a workspace ----

/** The rows of the members of WORKSPACE, with how they are by PRESENCE. */
class Members extends Listing {
  #told = new Map(); // user -> Told of the row that is shown
  presence;

  constructor(workspace, presence) {
    super({
      caption: 'Members',
      columns: ['Name', 'Id', 'Role', 'Status'],
      find: 'a name or id',
      text: ({ user, name }) => `${name} ${user}`,
      empty: 'Nobody is a member yet.',
      row: ({ user, name, role }) => {
        const told = new Told();
        this.#told.set(user, told);
        return [linkTo(name || user, 'workspaces', workspace, user), create('code', '', bdi(user)), role, told.made];
      },
    });
    this.presence = presence;
  }

  draw() {
    this.#told.clear();
    super.draw();
    if (this.presence.isKnown) this.tell();
  }

  /** Somebody, or everybody, may be told something else of. */
  tell(user) {
    for (const one of user === undefined ? this.#told.keys() : [user])
      this.#told.get(one)?.tell(this.presence.people.get(one));
  }

  /** How many there are, and how they are, if that is known. */
  get summary() {
    const counts = { active: 0, away: 0, offline: 0 };
    const all = this.all.length === 1 ? '1 member' : `${number(this.all.length)} members`;
    if (!this.presence.isKnown) return all;
    for (const { user } of this.all) counts[this.presence.people.get(user)?.status ?? 'offline']++;
    const { active, away, offline } = counts;
    return `${all}: ${number(active)} active, ${number(away)} away, ${number(offline)} offline`;
  }
}

/** Keeps MEMBERS, and SUMMARY of them, up to date. Resolves when they are listed. */
async function keep(page, workspace, members, summary) {
  const { api, signal } = page;
  const list = async () => members.take(await api.list(workspacePath(workspace, '/members'), 'members', signal));
  const count = () => { summary.textContent = members.summary; };
  const countSoon = paced(COUNT_MS, signal, count);
  await follow(page, members.presence, user => {
    members.tell(user);
    countSoon();
  });
  const listAgain = paced(LIST_MS, signal, () =>
    list().then(count, error => (isFinal(error) ? page.fail(error) : listAgain())));
  for (const type of ['all', 'members']) members.presence.addEventListener(type, listAgain);
  await list(); // only now: what changes while they are listed is told, and they are listed again
  count();
}

export async function showWorkspace(page, workspace) {
  const settings = await page.api.ask('GET', workspacePath(workspace), { signal: page.signal });
  const members = new Members(workspace, new Presence(page.api, workspace));
  const summary = create('p', { class: 'summary' });
  const message = messages();
  const bar = workspaceBar(page, settings, message);
  await keep(page, workspace, members, summary);
  page.draw(
    create('p', { class: 'path' }, linkTo('Workspaces', 'workspaces')),
    heading(bdi(settings.name || workspace)),
    summary,
    message.made,
    bar,
    card('Members', [members.search], members.made));
}

// ---- somebody ----

/** What EXPLAINED says of others: a sentence. */
function othersSee({ shown, others: { dnd, text, emoji, until } }) {
  const said = [emoji, text].filter(Boolean).join(' ');
  const parts = ['Others see: ', shown, dnd ? ', do not disturb' : ''];
  if (said) parts.push(', ', bdi(said));
  if (until) parts.push(', until ', when(until));
  return create('p', '', ...parts, '.');
}

function sessionsOf(sessions) {
  const rows = sessions.map(one =>
    [create('code', '', one.session), one.status, when(one.lease_ends), one.why ?? '–']);
  return table('Sessions', ['Session', 'Status', 'Lease ends', 'Why'], rows, 'There are no sessions.');
}

function layersOf(layers) {
  const rows = layers.map(({ layer, name, show, dnd, emoji, text, until, wins }) => [
    name ? `${layer} ${name}` : layer,
    [show, dnd && 'do not disturb'].filter(Boolean).join(', ') || '–',
    bdi([emoji, text].filter(Boolean).join(' ') || '–'),
    when(until),
    wins.join(', ') || 'nothing',
  ]);
  return table('Said by hand', ['Said as', 'Status', 'Message', 'Until', 'Decides'], rows, 'Nothing is said by hand.');
}

export async function showPerson(page, workspace, user) {
  const { api, signal } = page;
  const of = `user=${encodeURIComponent(user)}`;
  const told = new Told();
  const message = messages();
  const [why, sessions, layers] = ['', '', ''].map(() => create('div', { class: 'body' }));
  const act = acting(page, message);
  const end = carefulButton('End all sessions', 'Really end them?', act(async () => {
    await api.ask('DELETE', workspacePath(workspace, `/sessions?${of}`), { signal });
    await look();
    return 'All sessions were ended. A page that is still open begins a new one.';
  }));
  const takeBack = carefulButton('Take it back', 'Really take it back?', act(async () => {
    await api.ask('DELETE', workspacePath(workspace, `/member/status?${of}&all=true`), { signal });
    await look();
    return 'What was said by hand was taken back. Claims of programs stay until they end.';
  }));

  let looks = 0, hasFailed = false;
  async function look() {
    const nth = ++looks;
    const explained = await api.ask('GET', workspacePath(workspace, `/explain?${of}`), { signal });
    if (nth !== looks) return; // a later look knows better
    if (hasFailed) message.say('');
    hasFailed = false;
    const { rule, member } = explained;
    const because = create('p', '', `${rule.charAt(0).toUpperCase()}${rule.slice(1)}.`);
    const warning = member ? [] : [create('p', { class: 'bad' }, 'Not a member, so nobody else sees this status.')];
    why.replaceChildren(because, othersSee(explained), ...warning);
    sessions.replaceChildren(sessionsOf(explained.sessions));
    layers.replaceChildren(layersOf(explained.layers));
    end.disabled = explained.sessions.every(({ status }) => status === 'ended');
    takeBack.disabled = !member || explained.layers.every(({ layer }) => layer === 'claim');
  }

  const again = paced(LOOK_MS, signal, () => look().catch(error => {
    if (isFinal(error)) page.fail(error);
    else if (!signal.aborted) {
      hasFailed = true;
      message.say(error.message, true);
      setTimeout(again, RETRY_MS);
    }
  }));
  const member = await api.ask('GET', workspacePath(workspace, `/member?${of}`), { signal })
    .catch(error => (error.status === 404 ? null : Promise.reject(error)));
  await look();
  const bar = member ? [memberBar(page, workspace, member, message)] : [];
  page.draw(
    create('p', { class: 'path' },
      linkTo('Workspaces', 'workspaces'), ' / ', linkTo(workspace, 'workspaces', workspace)),
    heading(bdi(member?.name || user)),
    create('p', { class: 'summary' }, create('code', '', bdi(user)), ' ', told.made),
    message.made,
    ...bar,
    card('Why', [button('Look again', again)], why),
    card('Sessions', [end], sessions),
    card('Said by hand', [takeBack], layers));
  const presence = new Presence(page.api, workspace);
  await follow(page, presence, one => {
    if (one !== undefined && one !== user) return;
    told.tell(presence.people.get(user));
    again();
  });
}
