// SPDX-License-Identifier: ISC
// Webhooks: where they send, how far each has come in each workspace, and all that can be done with one.
import { every, isFinal } from './admin-api.js';
import { acting, bdi, button, card, carefulButton, create, heading, linkTo, messages, when } from './admin-dom.js';
import {
  check, checks, choice, field, form, input, isTouched, mustBeNew, offer, panels, shownOnce,
} from './admin-forms.js';
import { Listing, number } from './admin-listing.js';

const LOOK_MS = 5000;
const EVENTS = {
  status: 'who is here (status)',
  message: 'messages and emojis (message)',
  dnd: 'do not disturb (dnd)',
  member: 'members (member)',
  dm: 'conversations (dm)',
};

const webhookPath = (id, rest = '') => `/admin/webhooks/${encodeURIComponent(id)}${rest}`;

/** Which changes WEBHOOK is told, as text. */
const whatOf = ({ events }) => (events.length < Object.keys(EVENTS).length ? events.join(', ') : 'all changes');

const stateOf = ({ active }) =>
  create('span', { class: `short ${active ? 'good' : 'bad'}` }, active ? 'active' : 'switched off');

/** How far behind ONE, a webhook in a workspace, is. */
function lag({ lag_changes: changes = 0, lag_s: seconds = 0 }) {
  if (!changes) return 'not behind';
  return `${number(changes)} ${changes === 1 ? 'change' : 'changes'}, ${number(seconds)}\u00a0s`;
}

/** Whether ONE, a webhook in a workspace, fails. */
function since({ failing_since: begin }) {
  if (!begin) return create('span', { class: 'good' }, 'none');
  return create('span', { class: 'bad' }, 'failing since ', when(begin));
}

/** The same, and why. */
function trouble(one) {
  const { failing_since: begin, last_error: error, next_try: next } = one;
  if (!begin) return since(one);
  const parts = ['failing since ', when(begin), error ? ': ' : '', bdi(error ?? '')];
  if (next) parts.push('; next try ', when(next));
  return create('span', { class: 'bad' }, ...parts);
}

/** The webhooks in ANSWER, of which each page has the same ones, each with other workspaces. */
function merged(answer) {
  const all = new Map();
  for (const one of answer) {
    const known = all.get(one.id);
    if (known) known.workspaces.push(...one.workspaces);
    else all.set(one.id, { ...one, workspaces: [...one.workspaces] });
  }
  return [...all.values()];
}

/** Of all workspaces of WEBHOOK: the one that fails first, else the one that is farthest behind. */
const worst = ({ workspaces }) => workspaces.reduce((a, b) => (byTrouble(a, b) <= 0 ? a : b), {});

const byTrouble = (a, b) =>
  Number(Boolean(b.failing_since)) - Number(Boolean(a.failing_since)) || (b.lag_s ?? 0) - (a.lag_s ?? 0);

/** Calls LOOK again and again, and says how live the page is. */
const keepLooking = ({ signal, tellState }, look) =>
  every(LOOK_MS, signal, () => look().then(() => 'live', error => {
    if (isFinal(error)) throw error;
    return error;
  }).then(state => signal.aborted || tellState(state)));

// ---- the form ----

/** The form of a webhook that is IS; a new one without it. SEND is called with the form's elements. */
function webhookForm(page, text, send, is) {
  const events = checks('It is told of', ...Object.entries(EVENTS).map(([name, said]) =>
    check('event', said, is ? is.events.includes(name) : true, name)));
  return form(page, text, send,
    ...(is ? [] : [field('Id', input('id', { required: '', autocapitalize: 'none', placeholder: 'crm' }))]),
    field('URL', input('url', {
      required: '', type: 'url', placeholder: 'https://app.example.org/rollcall', value: is?.url ?? '',
    })),
    field('Only in the workspace', input('workspace', { placeholder: 'all', value: is?.workspace ?? '' })),
    field('Seconds that a change waits', input('delay', {
      type: 'number', min: '0', max: '60', required: '', value: String(is?.delay ?? 3),
    })),
    events,
    checks('Options',
      check('reveal', 'Show invisible users as they are', is?.reveal ?? false),
      ...(is ? [] : [check('active', 'Begin to send at once', true)])));
}

/** What ELEMENTS say that a webhook is. */
function webhookIn({ url, event, delay, reveal, active, workspace }) {
  return {
    url: url.value.trim(),
    events: [...event].filter(one => one.checked).map(one => one.value),
    delay: Number(delay.value),
    reveal: reveal.checked,
    ...(active && { active: active.checked }),
    ...(workspace.value.trim() && { workspace: workspace.value.trim() }),
  };
}

/** What a PUT says of a webhook that is IS, with what the user has changed in ELEMENTS. */
function changedWebhook(elements, { url, workspace, events, delay, reveal, active }) {
  const body = { url, events, delay, reveal, active, ...(workspace && { workspace }) };
  const said = webhookIn(elements);
  const controls = {
    url: [elements.url], events: [...elements.event], delay: [elements.delay], reveal: [elements.reveal],
    workspace: [elements.workspace],
  };
  for (const [name, all] of Object.entries(controls)) if (all.some(isTouched)) body[name] = said[name];
  return body;
}

/** ELEMENTS show a webhook that is IS, but for what the user has changed. */
function offerWebhook({ url, event, delay, reveal, workspace }, is) {
  offer(url, is.url);
  for (const one of event) offer(one, is.events.includes(one.value));
  offer(delay, String(is.delay));
  offer(reveal, is.reveal);
  offer(workspace, is.workspace ?? '');
}

// ---- all of them ----

export async function showWebhooks(page) {
  const { api, signal, draw } = page;
  const message = messages();
  const made = create('div', '');
  const list = new Listing({
    caption: 'Webhooks',
    columns: ['Id', 'URL', 'Workspace', 'State', 'Behind', 'Trouble'],
    find: 'an id or URL',
    text: one => `${one.id} ${one.url} ${one.workspace ?? ''}`,
    empty: 'There are no webhooks yet. A webhook tells your application what has changed.',
    row: one => {
      const at = worst(one);
      return [linkTo(one.id, 'webhooks', one.id), create('code', '', bdi(one.url)), bdi(one.workspace ?? 'all'),
        stateOf(one), lag(at), since(at)];
    },
  });
  const look = async () => list.take(merged(await api.list('/admin/webhooks', 'webhooks', signal)));
  const add = webhookForm(page, 'Make a webhook', async elements => {
    const id = elements.id.value.trim();
    await mustBeNew(page, webhookPath(id), `There is already a webhook ${id}.`);
    const { secret } = await api.ask('PUT', webhookPath(id), { body: webhookIn(elements), signal });
    add.reset();
    bar.close();
    if (secret) {
      made.replaceChildren(shownOnce(`The secret of ${id}`, secret));
      made.firstElementChild.focus();
    } else message.say(`Somebody else made ${id} just now. It was changed, and keeps its secret.`);
    await look().catch(error => message.say(error.message, true)); // it is there all the same
  });
  const bar = panels([['New webhook', add]]);
  await look();
  draw(heading('Webhooks'), message.made, bar.made, made,
    card('All webhooks', [list.search], list.made));
  await keepLooking(page, look);
}

// ---- one of them ----

/** What WEBHOOK is, as a list. */
function facts(webhook) {
  const { url, workspace, delay, reveal, created, old_secret_until: until } = webhook;
  const list = create('dl', { class: 'parts' });
  const add = (name, ...value) => list.append(create('dt', '', name), create('dd', '', ...value));
  add('Sends to', create('code', '', bdi(url)));
  add('Workspace', workspace ? linkTo(workspace, 'workspaces', workspace) : 'all');
  add('Told of', whatOf(webhook));
  add('Waits', `${delay}\u00a0s`);
  add('Invisible users', reveal ? 'shown as they are' : 'offline, as members see them');
  add('Created', when(created));
  if (until) add('Old secret', 'also signs until ', when(until));
  return list;
}

/** The form that sends what a webhook was told before. */
function replayForm(page, replay) {
  const from = choice('from', [['all', 'everybody, as they are now'], ['since', 'what changed since a cursor']]);
  const since = field('Since cursor', input('since', { required: '' }));
  const arrange = () => {
    since.hidden = from.value === 'all';
    since.querySelector('input').disabled = since.hidden;
  };
  from.addEventListener('change', arrange);
  arrange();
  return form(page, 'Send again', elements => replay({
    workspace: elements.workspace.value.trim(),
    ...(from.value === 'since' && { since: elements.since.value.trim() }),
  }), field('Workspace', input('workspace', { required: '' })), field('What', from), since);
}

/* If a webhook has one workspace, there is nothing to choose. */
function offerWorkspace({ workspace: control }, { workspace }) {
  if (workspace) control.value = workspace;
  else if (control.readOnly) control.value = '';
  control.readOnly = Boolean(workspace);
}

export async function showWebhook(page, id) {
  const { api, signal, draw } = page;
  const message = messages();
  const secret = create('div', '');
  const [state, about, bar] = ['summary', '', ''].map(name => create('div', name && { class: name }));
  const list = new Listing({
    caption: 'Progress',
    columns: ['Workspace', 'Behind', 'Delivered', 'Trouble'],
    find: 'a workspace',
    text: one => one.workspace,
    empty: 'It has not told anything yet.',
    row: one => [linkTo(one.workspace, 'workspaces', one.workspace), lag(one), number(one.delivered), trouble(one)],
  });
  let drawn = ''; // what the webhook was when it was drawn
  let buttons = null;

  const act = acting(page, message);
  const change = async body => {
    await api.ask('PUT', webhookPath(id), { body, signal });
    await look();
  };
  /* A PUT says all of it, so what it leaves as it is is read first: others may have changed it just now. */
  const read = () => api.ask('GET', webhookPath(id, '?limit=1'), { signal });
  const setActive = active => act(async () => {
    const { url, workspace, events, delay, reveal } = await read();
    await change({ url, events, delay, reveal, active, ...(workspace && { workspace }) });
    return active ? 'It was switched on, and goes on where it was.' : 'It was switched off.';
  })();

  /** What can be done with the webhook that is IS; tell() says what it is later, and leaves what is being typed. */
  function buttonsOf(is) {
    let isActive;
    const changing = webhookForm(page, 'Save', async elements => {
      await change(changedWebhook(elements, await read()));
      message.say('The webhook was changed.');
    }, is);
    const replaying = replayForm(page, async body => {
      await api.ask('POST', webhookPath(id, '/replay'), { body, signal });
      bars.close();
      message.say('It will be sent again.');
    });
    const toggle = button('', () => setActive(!isActive));
    const bars = panels([['Change', changing], ['Send again', replaying]],
      button('Send a test', act(async () => {
        await api.ask('POST', webhookPath(id, '/test'), { signal });
        return 'A test is on its way. If it does not arrive within seconds, the log of rollcalld says why.';
      })),
      toggle,
      carefulButton('New secret', 'Really change it?', act(async () => {
        const made = await api.ask('POST', webhookPath(id, '/secret'), { signal });
        secret.replaceChildren(shownOnce(`The new secret of ${id}`, made.secret));
        await look();
        secret.firstElementChild?.focus(); // it may be hidden by now
        return 'For 24 hours both secrets sign.';
      })),
      carefulButton('Delete', 'Really delete it?', act(async () => {
        await api.ask('DELETE', webhookPath(id), { signal });
        location.hash = '#/webhooks';
      })));
    const tell = now => {
      isActive = now.active;
      toggle.textContent = isActive ? 'Switch off' : 'Switch on';
      offerWebhook(changing.elements, now);
      offerWorkspace(replaying.elements, now);
    };
    return { made: bars.made, tell };
  }

  async function look() {
    const pages = await api.list(webhookPath(id), null, signal);
    const { workspaces, next, ...is } = merged(pages)[0];
    list.take(workspaces.sort(byTrouble));
    if (JSON.stringify(is) === drawn) return;
    drawn = JSON.stringify(is);
    state.replaceChildren(stateOf(is));
    about.replaceChildren(facts(is));
    if (!buttons) bar.append((buttons = buttonsOf(is)).made);
    buttons.tell(is);
  }

  await look();
  draw(create('p', { class: 'path' }, linkTo('Webhooks', 'webhooks')), heading(bdi(id)), state,
    message.made, bar, secret,
    card('What it does', [], about),
    card('How far it has come', [list.search], list.made));
  await keepLooking(page, look);
}
