// SPDX-License-Identifier: ISC
// What administrators make, change and delete on their page, admin.html.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { addWebhook, withReceiver } from '../lib/receiver.mjs';
import { until } from '../lib/until.mjs';
import { enter, isClean, openAdmin, title } from './lib/admin.mjs';
import { tooWeak } from './lib/contrast.mjs';
import { startSite } from './lib/site.mjs';

let site, stack, browser;
before(async () => {
  site = await startSite();
  stack = site.stack;
  browser = await site.browser();
});
after(() => site.stop());

/** The page at HASH, signed in with TOKEN. */
async function admin(hash, token = stack.admin) {
  const page = await openAdmin(site, browser, hash);
  await enter(page, token);
  return page;
}

const press = (scope, name) => scope.getByRole('button', { name, exact: true }).click();
const says = (page, text) => page.getByRole('status').filter({ hasText: text }).waitFor();
const refuses = (page, text) => page.getByRole('alert').filter({ hasText: text }).waitFor();

/** What the element with the focus says. */
const focused = page => page.evaluate(() => document.activeElement.textContent);

test('the administrators’ page makes a workspace, and does not take one that exists for a new one', async () => {
  await stack.adm('PUT', '/workspaces/taken', { body: { name: 'Taken' } });
  const page = await admin('#/workspaces');
  await press(page, 'New workspace');
  const id = page.getByLabel('Id', { exact: true });
  assert.ok(await id.evaluate(one => one === document.activeElement), 'the first field has the focus');
  await id.fill('not/an id');
  await page.keyboard.press('Enter');
  await refuses(page, 'Invalid workspace id');
  await id.fill('taken');
  await page.getByLabel('Name').fill('Robbed');
  await press(page, 'Make a workspace');
  await refuses(page, 'There is already a workspace taken.');
  assert.equal((await stack.adm('GET', '/workspaces/taken')).body.name, 'Taken');
  await id.fill('acme-2');
  await page.getByLabel('Name').fill('Acme <2>');
  await press(page, 'Make a workspace');
  await title(page, 'Acme <2>');
  assert.equal((await stack.adm('GET', '/workspaces/acme-2')).body.name, 'Acme <2>');
  await isClean(site, page);
});

test('the administrators’ page changes the settings of a workspace, and deletes it once its id is typed', async () => {
  const [ann] = await stack.room(1);
  const page = await admin(`#/workspaces/${ann.ws}`);
  await press(page, 'Settings');
  await page.getByLabel('Name').fill('Renamed');
  await page.getByLabel('Being invisible').selectOption('forbidden');
  await page.getByLabel('Text and emoji').selectOption('false');
  await page.getByLabel('Last seen').selectOption('day');
  await press(page, 'Save');
  await says(page, 'The settings were saved.');
  await title(page, 'Renamed');
  assert.equal(await page.title(), 'Renamed – Rollcall');
  const { name, invisible, messages, last_seen: lastSeen } = (await stack.adm('GET', `/workspaces/${ann.ws}`)).body;
  assert.deepEqual([name, invisible, messages, lastSeen], ['Renamed', 'forbidden', false, 'day']);
  await press(page, 'Delete');
  await page.getByLabel(`Type ${ann.ws}`).fill('another');
  await press(page, 'Delete it');
  await refuses(page, `type ${ann.ws}.`);
  assert.equal((await stack.adm('GET', `/workspaces/${ann.ws}`)).status, 200);
  await page.getByLabel(`Type ${ann.ws}`).fill(ann.ws);
  await press(page, 'Delete it');
  await title(page, 'Workspaces');
  assert.equal((await stack.adm('GET', `/workspaces/${ann.ws}`)).status, 404);
  assert.equal(await page.getByRole('cell', { name: ann.ws, exact: true }).count(), 0);
  await isClean(site, page);
});

test('a form of the administrators’ page sends only what was changed in it, and leaves what others have changed meanwhile', async () => {
  const [ann] = await stack.room(1);
  const workspace = `/workspaces/${ann.ws}`, member = `${workspace}/member?user=${ann.user}`;
  const page = await admin(`#${workspace}`);
  const rename = async (opener, name) => {
    if (await page.getByRole('button', { name: opener, exact: true }).getAttribute('aria-expanded') === 'false') await press(page, opener);
    await page.getByLabel('Name').fill(name);
    await press(page, 'Save');
    await title(page, name);
  };
  await page.getByRole('button', { name: 'Settings' }).waitFor();
  await stack.adm('PUT', workspace, { body: { invisible: 'forbidden', messages: false } });
  for (const name of ['Renamed', 'Renamed again']) {
    await rename('Settings', name);
    const { body } = await stack.adm('GET', workspace);
    assert.deepEqual([body.name, body.invisible, body.messages], [name, 'forbidden', false]);
  }
  assert.equal(await page.getByLabel('Being invisible').inputValue(), 'forbidden', 'the form shows what is true now');
  await page.goto(`${site.url}/admin.html#${workspace}/${ann.user}`);
  await page.getByRole('button', { name: 'Change' }).waitFor();
  await stack.adm('PUT', member, { body: { role: 'owner' } });
  for (const name of ['Annie', 'Anne']) {
    await rename('Change', name);
    assert.deepEqual((await stack.adm('GET', member)).body, { user: ann.user, name, role: 'owner' });
  }
  await isClean(site, page);
});

test('the administrators’ page adds, imports, changes and removes members', async () => {
  const [ann] = await stack.room(1);
  const at = user => stack.adm('GET', `/workspaces/${ann.ws}/member?user=${encodeURIComponent(user)}`);
  const page = await admin(`#/workspaces/${ann.ws}`);
  await press(page, 'Add a member');
  await page.getByLabel('User’s id').fill('../dot & co');
  await page.getByLabel('Name').fill('Dot');
  await page.getByLabel('Role').fill('guest');
  await press(page, 'Add');
  await says(page, 'Dot was added.');
  assert.deepEqual((await at('../dot & co')).body, { user: '../dot & co', name: 'Dot', role: 'guest' });
  await page.getByLabel('User’s id').fill(`${ann.user} `);
  await press(page, 'Add');
  await refuses(page, `${ann.user} is a member already.`);
  await press(page, 'Import members');
  const file = (name, text) => page.getByLabel('File').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) });
  await file('bad.ndjson', '{"user":"m1"}\n{"user":"m2","nam":"x"}\n');
  await press(page, 'Import');
  await refuses(page, 'Line 2');
  await file('one.ndjson', '{"user":"m0"}\n');
  await press(page, 'Import');
  await says(page, '1 member was imported: 1 new, 0 changed.');
  await file('good.ndjson', '{"user":"m1","name":"Ms 1"}\r\n\n{"user":"m2"}\n');
  await press(page, 'Import');
  await says(page, '2 members were imported: 2 new, 0 changed.');
  await page.getByRole('link', { name: 'Ms 1' }).waitFor();
  await page.getByRole('link', { name: 'Dot' }).click();
  await title(page, 'Dot');
  await press(page, 'Change');
  await page.getByLabel('Name').fill('Dotty');
  await press(page, 'Save');
  await title(page, 'Dotty');
  assert.deepEqual((await at('../dot & co')).body, { user: '../dot & co', name: 'Dotty', role: 'guest' });
  await press(page, 'Remove');
  assert.equal((await at('../dot & co')).status, 200, 'the first click only asks');
  await page.getByRole('button', { name: 'Really remove ../dot & co?' }).click();
  await title(page, ann.ws);
  assert.equal((await at('../dot & co')).status, 404);
  await isClean(site, page);
});

test('a file with many members is imported in portions that end with lines', async () => {
  const page = await openAdmin(site, browser);
  const cut = await page.evaluate(async () => {
    const { portions } = await import('./admin-workspaces.js');
    const lines = Array.from({ length: 45000 }, (_, i) => `{"user":"u${i}","name":"${'é'.repeat(i % 60)}"}`);
    const all = portions(`${lines.join('\n')}\n\n`);
    return {
      isWhole: all.flatMap(one => one.lines).filter(Boolean).join() === lines.join(),
      begins: all.every(({ begin, lines: [first] }) => lines[begin] === first),
      bytes: Math.max(...all.map(one => new TextEncoder().encode(one.lines.join('\n')).length)),
      lines: Math.max(...all.map(one => one.lines.length)),
      none: portions('\n\n').length,
    };
  });
  assert.ok(cut.isWhole && cut.begins);
  assert.ok(cut.bytes <= 1024 * 1024 && cut.lines <= 20000, JSON.stringify(cut));
  assert.equal(cut.none, 0);
  await isClean(site, page);
});

test('a double click asks whether it is meant, and does nothing', async () => {
  const [ann] = await stack.room(1);
  const page = await admin(`#/workspaces/${ann.ws}/${ann.user}`);
  await page.getByRole('button', { name: 'Remove' }).dblclick();
  const sure = page.getByRole('button', { name: `Really remove ${ann.user}?` });
  await sure.waitFor();
  assert.equal((await stack.adm('GET', `/workspaces/${ann.ws}/member?user=${ann.user}`)).status, 200);
  await sure.click();
  await title(page, ann.ws);
  await isClean(site, page);
});

test('of two answers that overtake each other, the administrators’ page shows the later one', async () => {
  const [ann] = await stack.room(1);
  await ann.say({ text: 'rude' });
  const page = await admin(`#/workspaces/${ann.ws}/${ann.user}`);
  const asked = () => page.urls.filter(url => url.includes('/explain?')).length;
  await until(() => asked() === 2, 'the page has looked again now that it follows her');
  let letGo = null;
  await page.route('**/explain?*', async route => {
    const response = await route.fetch(); // how she is now
    await new Promise(done => { letGo = done; });
    await route.fulfill({ response });
  }, { times: 1 });
  await ann.say({ text: 'ruder' });
  await until(() => letGo, 'an answer is late');
  await press(page, 'Take it back');
  await press(page, 'Really take it back?');
  await page.getByText('Nothing is said by hand.').waitFor();
  await page.evaluate(() => {
    const look = () => { window.shownLate ||= document.body.textContent.includes('Others see: offline, ruder'); };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true });
  });
  const before = asked();
  letGo();
  await until(() => asked() > before, 'it looks again after the late answer');
  assert.ok(!await page.evaluate(() => window.shownLate));
  await isClean(site, page);
});

test('the administrators’ page looks at somebody again after an error, which it then forgets', async () => {
  const [ann] = await stack.room(1);
  const page = await admin(`#/workspaces/${ann.ws}/${ann.user}`);
  await says(page, 'Live');
  await page.route('**/explain?*', route => route.fulfill({
    status: 503, contentType: 'application/problem+json', body: '{"detail":"The database is gone.","code":"x"}',
  }));
  await page.getByRole('button', { name: 'Sign out' }).focus();
  await ann.say({ text: 'back soon' });
  await says(page, 'The database is gone.');
  assert.equal(await focused(page), 'Sign out', 'a message does not take the focus from another control');
  await page.unroute('**/explain?*');
  await page.getByText('Others see: offline, back soon.').waitFor();
  await until(async () => await page.getByText('The database is gone.').count() === 0, 'the error is gone');
  assert.equal(await page.getByRole('button', { name: 'Try again' }).count(), 0);
  await isClean(site, page);
});

test('the administrators’ page takes back what somebody says by hand', async () => {
  const [ann] = await stack.room(1);
  await ann.say({ text: 'rude' });
  const page = await admin(`#/workspaces/${ann.ws}/${ann.user}`);
  await page.getByText('Others see: offline, rude.').waitFor();
  await press(page, 'Take it back');
  await press(page, 'Really take it back?');
  await says(page, 'was taken back');
  await page.getByText('Nothing is said by hand.').waitFor();
  assert.ok(await page.getByRole('button', { name: 'Take it back' }).isDisabled());
  assert.match(await focused(page), /was taken back/, 'the button is off, so what it did has the focus');
  await isClean(site, page);
});

test('the administrators’ page makes a webhook whose secret it shows once, tests it, changes it and deletes it', () =>
  withReceiver(async receiver => {
    const [ann] = await stack.room(1);
    const page = await admin('#/webhooks');
    const at = () => stack.adm('GET', '/webhooks/crm');
    const secret = page.getByRole('group', { name: /secret/ }).locator('code');
    await press(page, 'New webhook');
    await page.getByLabel('Id', { exact: true }).fill('crm');
    await page.getByLabel('URL').fill('ftp://example.org/');
    await press(page, 'Make a webhook');
    await refuses(page, /https?:\/\//);
    await page.getByLabel('URL').fill(receiver.url);
    await page.getByLabel('Only in the workspace').fill(ann.ws);
    await page.getByLabel('Seconds that a change waits').fill('0');
    await page.getByLabel('conversations (dm)').uncheck();
    await press(page, 'Make a webhook');
    const first = await secret.textContent();
    assert.match(first, /^whsec_/);
    receiver.secrets = [first];
    assert.deepEqual((({ url, workspace, events, delay, reveal, active }) => ({ url, workspace, events, delay, reveal, active }))((await at()).body),
      { url: receiver.url, workspace: ann.ws, events: ['status', 'message', 'dnd', 'member'], delay: 0, reveal: false, active: true });
    await page.getByRole('link', { name: 'crm' }).click();
    await title(page, 'crm');
    assert.equal(await secret.count(), 0, 'it is shown once');
    await press(page, 'Send a test');
    await says(page, 'A test is on its way.');
    await until(() => receiver.letters.some(({ type }) => type === 'rollcall.test'), 'the test arrives');
    await until(() => receiver.told(ann.ws).some(({ resync }) => resync), 'it is told everybody');
    await press(page, 'Send again');
    const told = receiver.told(ann.ws).length;
    await page.getByRole('region', { name: 'Send again' }).getByRole('button').click();
    await says(page, 'It will be sent again.');
    await until(() => receiver.told(ann.ws).length > told, 'it is told again');
    await press(page, 'Change');
    await page.getByLabel('Seconds that a change waits').fill('7');
    await page.getByLabel('Show invisible users').check();
    await press(page, 'Save');
    await says(page, 'The webhook was changed.');
    await page.getByText('shown as they are').waitFor();
    await press(page, 'Switch off');
    await says(page, 'It was switched off.');
    const { active, delay, reveal, events, workspace } = (await at()).body;
    assert.deepEqual([active, delay, reveal, events.length, workspace], [false, 7, true, 4, ann.ws]);
    await press(page, 'Send a test');
    await says(page, 'Webhook "crm" is inactive, so nothing is sent.');
    await press(page, 'Switch on');
    await says(page, 'It was switched on');
    await press(page, 'New secret');
    await press(page, 'Really change it?');
    const second = await secret.textContent();
    assert.match(second, /^whsec_/);
    assert.notEqual(second, first);
    await page.getByText('also signs until').waitFor();
    await press(page, 'Hide');
    assert.equal(await secret.count(), 0, 'it is gone once it is hidden');
    assert.equal(await focused(page), 'crm');
    assert.deepEqual(await tooWeak(page), []);
    await press(page, 'Delete');
    assert.equal((await at()).status, 200, 'the first click only asks');
    await press(page, 'Really delete it?');
    await title(page, 'Webhooks');
    assert.equal((await at()).status, 404);
    await isClean(site, page, first, second);
  }));

test('a new secret of a webhook can be hidden before the page has looked again', async () => {
  const old = await addWebhook(stack, { url: 'http://127.0.0.1:9/' }, 'hasty', { active: false });
  const page = await admin('#/webhooks/hasty');
  await title(page, 'hasty');
  let letGo = null;
  await page.route('**/admin/webhooks/hasty?limit=1000', async route => {
    await new Promise(done => { letGo = done; });
    await route.continue();
  }, { times: 1 });
  await press(page, 'New secret');
  await press(page, 'Really change it?');
  const secret = await page.getByRole('group', { name: /secret/ }).locator('code').textContent();
  await press(page, 'Hide');
  await until(() => letGo, 'the page looks again');
  letGo();
  await says(page, 'For 24 hours both secrets sign.');
  assert.equal(await focused(page), 'hasty');
  await isClean(site, page, old, secret);
  await stack.adm('DELETE', '/webhooks/hasty');
});

test('what is typed into a webhook’s panel stays while the page looks again, and a webhook that exists is not taken for a new one', async () => {
  await stack.room(1); // of which the webhook's table tells
  const secret = await addWebhook(stack, { url: 'http://127.0.0.1:9/' }, 'busy', { active: false });
  const page = await admin('#/webhooks/busy');
  await says(page, 'Live');
  const same = (await stack.adm('GET', '/webhooks/busy?limit=1000')).body;
  await page.route('**/admin/webhooks/busy?limit=1000', route => route.fulfill({ json: same }));
  await page.evaluate(() => {
    window.said = 0;
    new MutationObserver(() => window.said++).observe(document.getElementById('state'), { subtree: true, childList: true });
  });
  await press(page, 'Change');
  await page.getByLabel('URL').fill('http://127.0.0.1:9/typed');
  const begin = Date.now();
  const looks = () => page.requests.filter(one => one.what === 'busy' && one.at > begin).length;
  await until(() => looks() > 1, 'the page has looked again', 30000);
  const row = await page.getByRole('table').getByRole('row').last().elementHandle();
  await until(() => looks() > 2, 'and again', 30000);
  assert.equal(await page.getByLabel('URL').inputValue(), 'http://127.0.0.1:9/typed');
  assert.ok(await row.evaluate(one => one.isConnected), 'what has not changed is not drawn again');
  assert.equal(await page.evaluate(() => window.said), 0, 'nor does a screen reader say it again');
  await page.keyboard.press('Escape');
  assert.equal(await focused(page), 'Change', 'Escape closes the panel');
  await page.getByRole('navigation').getByRole('link', { name: 'Webhooks' }).click();
  await press(page, 'New webhook');
  await page.getByLabel('Id', { exact: true }).fill('busy');
  await page.getByLabel('URL').fill('http://127.0.0.1:9/other');
  await press(page, 'Make a webhook');
  await refuses(page, 'There is already a webhook busy.');
  assert.equal((await stack.adm('GET', '/webhooks/busy')).body.url, 'http://127.0.0.1:9/');
  await isClean(site, page, secret);
  await stack.adm('DELETE', '/webhooks/busy');
});

test('what is typed into a webhook’s panel stays while others change the webhook, and only that is saved', async () => {
  const [ann] = await stack.room(1);
  const is = (await stack.adm('PUT', '/webhooks/shared', { body: { url: 'http://127.0.0.1:9/', active: false } })).body;
  const page = await admin('#/webhooks/shared');
  await press(page, 'Send again');
  await page.getByLabel('Workspace', { exact: true }).fill('typed');
  await press(page, 'Change');
  await page.getByLabel('URL').fill('http://127.0.0.1:9/typed');
  await page.getByLabel('members (member)').uncheck();
  const { url, delay, reveal, events } = is;
  await stack.adm('PUT', '/webhooks/shared', { body: { url, events, delay: 9, reveal: !reveal, active: true, workspace: ann.ws } });
  await page.getByRole('button', { name: 'Switch off' }).waitFor({ timeout: 20000 });
  assert.equal(await page.getByLabel('URL').inputValue(), 'http://127.0.0.1:9/typed');
  assert.ok(!await page.getByLabel('members (member)').isChecked());
  assert.equal(await page.getByLabel('Seconds that a change waits').inputValue(), '9', 'the rest shows what is true now');
  assert.equal(await page.getByLabel('Only in the workspace').inputValue(), ann.ws);
  assert.ok(await page.getByLabel('Show invisible users').isChecked());
  await page.route('**/admin/webhooks/shared?limit=1000', route => route.abort()); // it does not see the next change
  await stack.adm('PUT', '/webhooks/shared', { body: { url, events, delay: 8, active: false, workspace: ann.ws } });
  await press(page, 'Save');
  await until(async () => (await stack.adm('GET', '/webhooks/shared')).body.url === 'http://127.0.0.1:9/typed', 'it is saved');
  const saved = (await stack.adm('GET', '/webhooks/shared')).body;
  assert.deepEqual([saved.delay, saved.reveal, saved.active, saved.workspace], [8, false, false, ann.ws]);
  assert.deepEqual(saved.events, events.filter(one => one !== 'member'));
  await page.unroute('**/admin/webhooks/shared?limit=1000');
  await page.getByRole('button', { name: 'Switch on' }).waitFor({ timeout: 20000 });
  await press(page, 'Send again');
  assert.equal(await page.getByLabel('Workspace', { exact: true }).inputValue(), ann.ws, 'it has no other');
  assert.ok(delay !== 9 && delay !== 8);
  await isClean(site, page);
  await stack.adm('DELETE', '/webhooks/shared');
});

test('a webhook that was switched off meanwhile stays so when it is changed', async () => {
  await addWebhook(stack, { url: 'http://127.0.0.1:9/' }, 'off');
  const page = await admin('#/webhooks/off');
  await press(page, 'Change');
  const looked = (await stack.adm('GET', '/webhooks/off?limit=1000')).body;
  await page.route('**/admin/webhooks/off?limit=1000', route => route.fulfill({ json: looked })); // long ago
  await stack.adm('PUT', '/webhooks/off', { body: { url: 'http://127.0.0.1:9/', active: false } });
  await page.getByLabel('Seconds that a change waits').fill('7');
  await press(page, 'Save');
  await says(page, 'The webhook was changed.');
  const { active, delay } = (await stack.adm('GET', '/webhooks/off')).body;
  assert.deepEqual([active, delay], [false, 7]);
  await isClean(site, page);
  await stack.adm('DELETE', '/webhooks/off');
});

test('the administrators’ page shows each webhook once, however many pages of workspaces there are', async () => {
  const page = await openAdmin(site, browser);
  const one = (id, workspaces) => ({
    id, url: `http://${id}/`, events: ['dm'], delay: 0, reveal: false, active: true, created: 1,
    workspaces: workspaces.map(workspace => ({ workspace, lag_changes: 0, lag_s: 0, delivered: 0 })),
  });
  await page.route('**/admin/webhooks?**', route => {
    const isFirst = !new URL(route.request().url()).searchParams.has('after');
    const last = one('everywhere', ['c']);
    Object.assign(last.workspaces[0], { lag_changes: 7, lag_s: 70, failing_since: Date.now() });
    const json = isFirst
      ? { webhooks: [one('everywhere', ['a', 'b']), one('other', ['a'])], next: 'b' }
      : { webhooks: [last, one('other', [])] };
    return route.fulfill({ json });
  });
  await enter(page, stack.admin);
  await page.getByRole('link', { name: 'Webhooks' }).click();
  const row = page.getByRole('row').filter({ hasText: 'http://everywhere/' });
  await row.filter({ hasText: '7 changes, 70' }).filter({ hasText: 'failing since' }).waitFor();
  assert.equal(await page.getByRole('row').count(), 3);
  await isClean(site, page);
});

test('what is pressed on the administrators’ page stays while the page looks again', async () => {
  await stack.adm('PUT', '/workspaces/pressed', { body: { name: 'Pressed' } });
  const page = await openAdmin(site, browser);
  await page.clock.install();
  let delivered = 0;
  await page.route('**/admin/webhooks/quick?**', route => route.fulfill({ json: {
    id: 'quick', url: 'http://127.0.0.1:9/', events: ['dm'], delay: 0, reveal: false, active: true, created: 1,
    workspaces: [{ workspace: 'pressed', lag_changes: 0, lag_s: 0, delivered: ++delivered }],
  } }));
  await enter(page, stack.admin);
  await title(page, 'Workspaces');
  await page.goto(`${site.url}/admin.html#/webhooks/quick`);
  await title(page, 'quick');
  await page.getByRole('link', { name: 'pressed' }).hover();
  await page.mouse.down();
  const before = delivered;
  await until(async () => (await page.clock.runFor(5000), delivered > before + 1), 'the page has looked again');
  await page.mouse.up();
  await title(page, 'Pressed');
  await isClean(site, page);
});

test('long lists are drawn in portions, can be searched, and their buttons have names', async () => {
  const page = await openAdmin(site, browser);
  await page.route('**/admin/tokens?**', route => route.fulfill({
    json: { tokens: Array.from({ length: 900 }, (_, i) => ({ id: i + 1, user: `user-${i + 1}`, admin: false, label: '', created: 1 })) },
  }));
  await enter(page, stack.admin);
  await page.getByRole('link', { name: 'Tokens' }).click();
  await page.getByText('800 more.').waitFor();
  assert.equal(await page.getByRole('rowheader').count(), 100);
  await page.getByRole('button', { name: 'Revoke token 900' }).waitFor();
  await press(page, 'Show more');
  await page.getByText('700 more.').waitFor();
  for (let left = 700; left; left -= 100) {
    await page.getByText(`${left} more.`).waitFor();
    await press(page, 'Show more');
  }
  assert.equal(await focused(page), 'Revoke token 100', 'the last button that shows more is gone');
  await page.getByLabel('Find in Tokens').fill('USER-77');
  await until(async () => await page.getByRole('rowheader').count() === 11, 'user-77 and user-770 to user-779 are found');
  await page.getByLabel('Find in Tokens').fill('nobody');
  await page.getByText('No match.').waitFor();
  await isClean(site, page);
});

test('after an error the administrators’ page can try again, and says what is wrong while it waits', async () => {
  const page = await openAdmin(site, browser);
  const problem = { status: 503, contentType: 'application/problem+json', body: '{"detail":"The database is gone.","code":"x"}' };
  await enter(page, stack.admin);
  await title(page, 'Workspaces');
  await page.route('**/v1/admin/**', route => route.fulfill(problem));
  await page.getByRole('navigation').getByRole('link', { name: 'Workspaces' }).click();
  await refuses(page, 'The database is gone.');
  assert.equal(await focused(page), 'Something is wrong');
  await page.getByRole('link', { name: 'What is wrong' }).waitFor();
  await page.unroute('**/v1/admin/**');
  await press(page, 'Try again');
  await title(page, 'Workspaces');
  await page.getByRole('link', { name: 'Webhooks' }).click();
  await says(page, 'Live');
  await page.route('**/v1/admin/**', route => route.fulfill(problem));
  await says(page, 'Trying again');
  await page.getByText('The database is gone.').waitFor();
  await page.unroute('**/v1/admin/**');
  await says(page, 'Live');
  assert.equal(await page.getByText('The database is gone.').count(), 0);
  await isClean(site, page);
});

test('a webhook that others delete is told of once, not again and again', async () => {
  await addWebhook(stack, { url: 'http://127.0.0.1:9/' }, 'short', { active: false });
  const page = await openAdmin(site, browser, '#/webhooks/short');
  await page.clock.install();
  await page.reload();
  await enter(page, stack.admin);
  await says(page, 'Live');
  await stack.adm('DELETE', '/webhooks/short');
  await refuses(page, 'Webhook "short" not found.');
  assert.ok(await page.locator('#state').isHidden(), 'it is not live any more');
  const asked = () => page.requests.filter(({ what }) => what === 'short').length;
  const then = asked();
  await page.clock.runFor(20000);
  assert.equal(asked(), then);
  await isClean(site, page);
});
