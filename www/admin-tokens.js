// SPDX-License-Identifier: ISC
// Tokens: which there are, a new one, which is shown once, and the end of one.
import { acting, bdi, card, carefulButton, create, heading, messages, when } from './admin-dom.js';
import { checks, check, choice, field, form, input, panels, shownOnce } from './admin-forms.js';
import { Listing } from './admin-listing.js';

const DAY_S = 86400;
const SCOPES = {
  read: 'read who is here',
  claims: 'set and end claims',
  notify: 'ask whether to send a push',
  members: 'manage members and conversations',
};

/** Whom a token is for, as text. */
const forWhom = ({ admin, user, scope, workspace }) =>
  admin ? 'an administrator'
  : user ?? `a program: ${(scope ?? []).join(', ')}${workspace ? `, in ${workspace}` : ''}`;

const isOver = expires => expires && expires < Date.now();
const end = expires =>
  (isOver(expires) ? create('span', { class: 'bad' }, 'expired ', when(expires)) : when(expires, 'never'));

/** The form for a new token of PAGE; MAKE is called with the request's body. */
function newToken(page, make) {
  const kind = choice('kind', [['user', 'a user'], ['scope', 'a program'], ['admin', 'an administrator']]);
  const scopes = checks('It may',
    ...Object.entries(SCOPES).map(([scope, text]) => check('scope', `${text} (${scope})`, false, scope)));
  const user = field('User’s id', input('user', { required: '' }));
  const workspace = field('Only in the workspace', input('workspace', { placeholder: 'any' }));
  const arrange = () => {
    user.hidden = kind.value !== 'user';
    user.querySelector('input').disabled = user.hidden;
    scopes.hidden = workspace.hidden = kind.value !== 'scope';
  };
  kind.addEventListener('change', arrange);
  arrange();
  const made = form(page, 'Make a token', async elements => {
    const is = name => kind.value === name;
    const checked = [...scopes.querySelectorAll('input:checked')].map((/** @type {any} */ one) => one.value);
    await make({
      ...(is('admin') && { admin: true }),
      ...(is('user') && { user: elements.user.value.trim() }),
      ...(is('scope') && { scope: checked }),
      ...(is('scope') && elements.workspace.value.trim() && { workspace: elements.workspace.value.trim() }),
      ...(elements.label.value && { label: elements.label.value }),
      ...(elements.days.value && { expires_in: Number(elements.days.value) * DAY_S }),
    });
    made.reset();
    arrange();
  }, field('For', kind), user, scopes, workspace,
  field('Label', input('label', { maxlength: '200', placeholder: 'what it is for' })),
  field('Expires after', choice('days', [['30', '30 days'], ['1', 'a day'], ['365', 'a year'], ['', 'never']])));
  return made;
}

export async function showTokens(page) {
  const { api, signal, draw } = page;
  const message = messages();
  const made = create('div', '');

  const act = acting(page, message);
  const revoke = id => act(async () => {
    await api.ask('DELETE', `/admin/tokens/${id}`, { signal });
    await look();
    return `Token ${id} was revoked. Polls and streams that use it have ended.`;
  });

  const list = new Listing({
    caption: 'Tokens',
    columns: ['Id', 'For', 'Label', 'Created', 'Expires', 'Last used', 'Revoke'],
    find: 'a user, kind or label',
    text: one => `${one.id} ${forWhom(one)} ${one.label}`,
    empty: 'There are no tokens.',
    row: one => [
      String(one.id),
      bdi(forWhom(one)),
      bdi(one.label || '–'),
      when(one.created),
      end(one.expires),
      when(one.last_used, 'never'),
      carefulButton('Revoke', `Really revoke ${one.id}?`, revoke(one.id), `token ${one.id}`),
    ],
  });
  const look = async () => list.take((await api.list('/admin/tokens', 'tokens', signal)).reverse()); // newest first

  const bar = panels([['New token', newToken(page, async body => {
    message.say('');
    const { token } = await api.ask('POST', '/admin/tokens', { body, signal });
    made.replaceChildren(shownOnce('The new token', token));
    bar.close();
    made.firstElementChild.focus();
    await look().catch(error => message.say(error.message, true)); // the token is there all the same
  })]]);

  await look();
  draw(heading('Tokens'), message.made, bar.made, made,
    card('All tokens', [list.search], list.made));
}
