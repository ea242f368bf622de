// SPDX-License-Identifier: ISC
// What an administrator changes is seen in the lists of a page that is open.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { until } from '../lib/until.mjs';
import { startSite, visit } from './lib/site.mjs';

let site, browser;
before(async () => {
  site = await startSite();
  browser = await site.browser();
});
after(() => site.stop());

/** What the list called TAG shows. */
const shown = (page, tag) => page.evaluate(name => document.querySelector(name).shadowRoot.textContent, tag);

test('open lists follow an administrator who renames, adds and removes members and conversations', async () => {
  const [ann, bob] = await site.stack.room(2);
  const members = `/workspaces/${ann.ws}/members`;
  await ann.ask('POST', 'dms', { body: { participants: [bob.user] } });
  const page = await visit(browser, site.page(ann, { lists: ['rollcall-members', 'rollcall-dms'] }));
  const both = (what, is) =>
    until(
      async () => is(await shown(page, 'rollcall-members')) && is(await shown(page, 'rollcall-dms')),
      `both lists show that ${what}`,
    );
  await both('he is there', text => text.includes(bob.user.toUpperCase()));
  await site.stack.adm('PUT', `${members}/${bob.user}`, { body: { name: 'Robert Renamed' } });
  await both('he is renamed', text => text.includes('Robert Renamed'));
  await site.stack.adm('PUT', `/workspaces/${ann.ws}/dms/99`, {
    body: { participants: [ann.user, bob.user], name: 'A group of two' },
  });
  await until(async () => (await shown(page, 'rollcall-dms')).includes('A group of two'), 'the group is shown');
  await site.stack.adm('DELETE', `/workspaces/${ann.ws}/dms/99`);
  await until(async () => !(await shown(page, 'rollcall-dms')).includes('A group of two'), 'the group is gone');
  await site.stack.adm('DELETE', `${members}/${bob.user}`);
  await both('he is gone', text => !text.includes('Robert Renamed'));
  assert.deepEqual(page.errors, []);
});
