// SPDX-License-Identifier: ISC
// Workspaces: which there are, a new one, what its members may do, and its end; and the same of a member.
import { workspacePath } from './admin-api.js';
import { acting, card, carefulButton, create, heading, linkTo, when } from './admin-dom.js';
import { choice, field, form, input, mustBeNew, panels, typedDeletion, wide } from './admin-forms.js';
import { Listing, number } from './admin-listing.js';

const INVISIBLE = [
  ['allowed', 'members may choose it'],
  ['default', 'new members are, until they choose'],
  ['forbidden', 'not allowed'],
];
const MESSAGES = [['true', 'members may have them'], ['false', 'not allowed']];
const LAST_SEEN = [
  ['exact', 'exact'],
  ['hour', 'to the hour'],
  ['day', 'to the day'],
  ['hidden', 'hidden'],
];
const IMPORT_BYTES = 1000000; // in one request; the server takes 1 MiB
const IMPORT_LINES = 20000;
const LINES = 'A line is {"user": "bob", "name": "Bob", "role": "member"}. Name and role may be left out.';

/** What was typed of NAME in ELEMENTS, if it was. */
const typed = (elements, name) => (elements[name].value.trim() ? { [name]: elements[name].value.trim() } : {});

/**
 * Puts at PATH those of VALUES, which a form has in ELEMENTS, that are not as in IS: others may have changed the rest
 * meanwhile. The form then shows the answer, which is returned.
 */
async function save({ api, signal }, path, elements, is, values) {
  const body = Object.fromEntries(Object.entries(values).filter(([name, value]) => value !== is[name]));
  const answer = await api.ask('PUT', path, { body, signal });
  for (const name of Object.keys(values)) elements[name].value = String(answer[name]);
  return answer;
}

const go = (...path) => { location.hash = `#/${path.map(encodeURIComponent).join('/')}`; };

// ---- all of them ----

export async function showWorkspaces(page) {
  const { api, signal, draw } = page;
  const list = new Listing({
    caption: 'Workspaces',
    columns: ['Name', 'Id', 'Members', 'Created'],
    find: 'a name or id',
    text: ({ id, name }) => `${name} ${id}`,
    empty: 'There are no workspaces yet. A workspace holds people who see each other.',
    row: ({ id, name, members, created }) =>
      [linkTo(name || id, 'workspaces', id), create('code', '', id), number(members), when(created)],
  });
  list.take(await api.list('/admin/workspaces', 'workspaces', signal));
  const add = form(page, 'Make a workspace', async elements => {
    const id = elements.id.value.trim();
    await mustBeNew(page, workspacePath(id), `There is already a workspace ${id}.`);
    await api.ask('PUT', workspacePath(id), { body: typed(elements, 'name'), signal });
    go('workspaces', id);
  },
  field('Id', input('id', { required: '', autocapitalize: 'none', placeholder: 'acme' })),
  field('Name', input('name', { placeholder: 'Acme Ltd' })));
  draw(heading('Workspaces'), panels([['New workspace', add]]).made,
    card('All workspaces', [list.search], list.made));
}

// ---- members from a file ----

/** TEXT, a file with a member on each line, in portions that one request may have. */
export function portions(text) {
  const all = [];
  const encoder = new TextEncoder();
  let bytes = Infinity;
  text.split('\n').forEach((line, i) => {
    const size = encoder.encode(line).length + 1;
    const last = all.at(-1);
    if (bytes + size > IMPORT_BYTES || last.lines.length === IMPORT_LINES) {
      all.push({ begin: i, lines: [line] });
      bytes = size;
    } else {
      last.lines.push(line);
      bytes += size;
    }
  });
  return all.filter(({ lines }) => lines.some(line => line.trim()));
}

/** Imports TEXT into WORKSPACE; returns a sentence. */
async function importMembers({ api, signal }, workspace, text) {
  const sum = { added: 0, changed: 0, total: 0 };
  for (const { begin, lines } of portions(text)) {
    try {
      const done = await api.ask('POST', workspacePath(workspace, '/members'), { text: lines.join('\n'), signal });
      for (const name of Object.keys(sum)) sum[name] += done[name];
    } catch (error) {
      if (begin && !signal.aborted)
        error.message += ` Line 1 is line ${number(begin + 1)} of the file; those before it were imported.`;
      throw error;
    }
  }
  const { added, changed, total } = sum;
  const what = total === 1 ? '1 member was' : `${number(total)} members were`;
  return `${what} imported: ${number(added)} new, ${number(changed)} changed.`;
}

// ---- one of them ----

function addMember(page, workspace, message) {
  const made = form(page, 'Add', async elements => {
    const user = elements.user.value.trim();
    const path = workspacePath(workspace, `/member?user=${encodeURIComponent(user)}`);
    await mustBeNew(page, path, `${user} is a member already.`);
    const body = { ...typed(elements, 'name'), ...typed(elements, 'role') };
    const { name } = await page.api.ask('PUT', path, { body, signal: page.signal });
    made.reset();
    elements.user.focus();
    message.say(`${name} was added.`);
  },
  field('User’s id', input('user', { required: '', autocapitalize: 'none' })),
  field('Name', input('name', { placeholder: 'the id' })),
  field('Role', input('role', { autocapitalize: 'none', placeholder: 'member' })));
  return made;
}

function importForm(page, workspace, message) {
  const file = create('input', { type: 'file', name: 'file', required: '', accept: '.ndjson,.jsonl,.json,.txt' });
  const made = form(page, 'Import', async () => {
    message.say(await importMembers(page, workspace, await file.files[0].text()));
    made.reset();
  }, wide(field('File', file, LINES)));
  return made;
}

function settingsForm(page, settings, message) {
  let is = settings;
  return form(page, 'Save', async elements => {
    is = await save(page, workspacePath(settings.id), elements, is, {
      name: elements.name.value,
      invisible: elements.invisible.value,
      messages: elements.messages.value === 'true',
      last_seen: elements.last_seen.value,
    });
    page.rename(is.name);
    message.say('The settings were saved.');
  },
  field('Name', input('name', { required: '', value: is.name })),
  field('Being invisible', choice('invisible', INVISIBLE, is.invisible)),
  field('Text and emoji', choice('messages', MESSAGES, String(is.messages))),
  field('Last seen', choice('last_seen', LAST_SEEN, is.last_seen)));
}

/** What can be done with a workspace that is SETTINGS. */
export function workspaceBar(page, settings, message) {
  const { id } = settings;
  const text = `Deletes the workspace ${id}, its members, conversations and statuses, and the tokens and webhooks ` +
    'that are for it alone. This cannot be undone.';
  return panels([
    ['Add a member', addMember(page, id, message)],
    ['Import members', importForm(page, id, message)],
    ['Settings', settingsForm(page, settings, message)],
    ['Delete', typedDeletion(page, id, text, async () => {
      await page.api.ask('DELETE', workspacePath(id), { signal: page.signal });
      go('workspaces');
    })],
  ]).made;
}

/** What can be done with MEMBER. */
export function memberBar(page, workspace, member, message) {
  const { api, signal } = page;
  const { user } = member;
  const path = workspacePath(workspace, `/member?user=${encodeURIComponent(user)}`);
  let is = member;
  const change = form(page, 'Save', async elements => {
    is = await save(page, path, elements, is, { name: elements.name.value, role: elements.role.value.trim() });
    page.rename(is.name);
    message.say('The member was changed.');
  },
  field('Name', input('name', { required: '', value: is.name })),
  field('Role', input('role', { required: '', autocapitalize: 'none', value: is.role })));
  const remove = carefulButton('Remove', `Really remove ${user}?`, acting(page, message)(async () => {
    await api.ask('DELETE', path, { signal });
    go('workspaces', workspace);
  }));
  return panels([['Change', change]], remove).made;
}
