// SPDX-License-Identifier: ISC
// What an administrator changes is seen in the lists of a page that is open; and the administrators' own page, admin.html.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '../lib/until.mjs';
import { enter, isClean as isCleanAt, openAdmin, phone, title } from './lib/admin.mjs';
import { tooWeak } from './lib/contrast.mjs';
import { count, output, startSite, visit } from './lib/site.mjs';

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

// ---- admin.html ----

const admin = (hash, options) => openAdmin(site, browser, hash, options);
const signIn = (page, token = site.stack.admin) => enter(page, token);
const isClean = (page, ...secrets) => isCleanAt(site, page, ...secrets);

test('the administrators’ page lets in who has a token, says what is wrong with others, and forgets it when it is told to', async () => {
  const [ann] = await site.stack.room(1);
  const page = await admin();
  for (const [token, said] of [['rc_wrong', /not valid/], [site.stack.tokens.get(ann.user), /not an administrator’s/]]) {
    await signIn(page, token);
    await page.getByRole('alert').filter({ hasText: said }).waitFor();
  }
  await page.getByLabel('Address').fill('http://127.0.0.2/presence');
  await signIn(page);
  await page.getByRole('alert').filter({ hasText: 'a path of this site' }).waitFor();
  await page.getByLabel('Address').fill('/presence');
  await page.route('**/presence/v1/me', route => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }), { times: 1 });
  await signIn(page);
  await page.getByRole('alert').filter({ hasText: 'What answers at /presence is not Rollcall' }).waitFor();
  await signIn(page);
  await title(page, 'Workspaces');
  await page.reload();
  await title(page, 'Workspaces');
  const other = await page.context().newPage();
  await other.goto(page.url());
  await other.getByLabel('Token').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Token').waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length + localStorage.length), 0);
  await page.reload();
  await page.getByLabel('Token').waitFor();
  await isClean(page);
});

test('a reload of the administrators’ page while the server is away says so, and keeps the token', async () => {
  const page = await admin('#/tokens');
  await signIn(page);
  await title(page, 'Tokens');
  await page.route('**/presence/**', route => route.abort());
  await page.reload();
  await page.getByRole('alert').filter({ hasText: 'Rollcall does not answer at /presence' }).waitFor();
  assert.ok(await page.getByLabel('Token').isHidden());
  await page.unroute('**/presence/**');
  await page.route('**/presence/**', route => route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad gateway' }));
  await page.reload();
  await page.getByRole('alert').filter({ hasText: 'The web server answered 502' }).waitFor();
  await page.unroute('**/presence/**');
  await page.getByRole('button', { name: 'Try again' }).click();
  await title(page, 'Tokens');
  assert.equal(await page.evaluate(() => localStorage.length), 0);
  await page.route('**/presence/**', route => route.abort());
  await page.reload();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Token').waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await isClean(page);
});

test('the administrators’ page asks for a token if the one it keeps was revoked meanwhile', async () => {
  const token = await site.stack.newToken({ admin: true, label: 'kept by a tab' });
  const page = await admin('#/health');
  await signIn(page, token);
  await title(page, 'Health');
  await page.goto('about:blank');
  const { body } = await site.stack.adm('GET', '/tokens?limit=1000');
  await site.stack.adm('DELETE', `/tokens/${body.tokens.find(({ label }) => label === 'kept by a tab').id}`);
  await page.goto(`${site.url}/admin.html#/health`);
  await page.getByRole('alert').filter({ hasText: 'not accepted any more' }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await isClean(page, token);
});

test('the administrators’ page shows who is here, live, why, and ends sessions', async () => {
  const [ann, bob] = await site.stack.room(2);
  const { session } = await ann.join();
  const page = await admin(`#/workspaces/${ann.ws}`);
  await signIn(page);
  const dot = user => page.getByRole('row').filter({ hasText: user }).locator('rollcall-dot');
  const shows = (user, status) =>
    until(async () => (await dot(user).getAttribute('status')) === status, `the dot of ${user} is ${status}`);
  await shows(ann.user, 'active');
  await shows(bob.user, 'offline');
  await page.getByRole('row').filter({ hasText: bob.user }).getByRole('cell', { name: 'offline', exact: true }).waitFor();
  await ann.beat(session, { status: 'away' });
  await shows(ann.user, 'away');
  await bob.join();
  await shows(bob.user, 'active');
  await page.getByText('2 members: 1 active, 1 away, 0 offline').waitFor();
  await page.getByLabel('Find in Members').fill('zz');
  await page.getByText('No match.').waitFor();
  await page.getByLabel('Find in Members').fill('');
  await page.getByRole('link', { name: ann.user.toUpperCase() }).click();
  await title(page, ann.user.toUpperCase());
  await page.getByText('No live session is active and at least one is away.').waitFor();
  await page.getByText('Others see: away.').waitFor();
  await page.getByRole('rowheader', { name: session }).waitFor();
  await ann.say({ dnd: true, text: '<b>busy</b>' });
  await page.getByText('Others see: away, do not disturb, <b>busy</b>.').waitFor();
  await page.getByRole('button', { name: 'End all sessions' }).click();
  assert.equal((await ann.beat(session)).status, 200, 'the first click only asks');
  await page.getByRole('button', { name: 'Really end them?' }).click();
  await page.getByRole('row').filter({ hasText: session }).filter({ hasText: 'ended' }).waitFor();
  assert.equal((await ann.beat(session)).status, 410);
  await isClean(page);
});

test('the administrators’ page lists members who are added while it loads, or later, and leaves the search alone', async () => {
  const [ann] = await site.stack.room(1);
  const add = user => site.stack.adm('PUT', `/workspaces/${ann.ws}/members/${user}`, { body: { name: `Late ${user}` } });
  const page = await admin();
  await page.route('**/members?*', async route => {
    const response = await route.fetch();
    await add('early-bird');
    await route.fulfill({ response });
  }, { times: 1 });
  await page.goto(`${site.url}/admin.html#/workspaces/${ann.ws}`);
  await signIn(page);
  await page.getByRole('link', { name: 'early-bird' }).waitFor();
  const search = page.getByLabel('Find in Members');
  await search.fill('late');
  const begin = Date.now();
  for (let i = 0; i < 30; i++) await add(`bird-${i}`);
  await page.getByRole('link', { name: 'bird-29' }).waitFor();
  const lists = count(page, 'members', begin), most = 2 + (Date.now() - begin) / 3000;
  assert.ok(lists <= most, `${lists} lists`);
  assert.equal(await search.inputValue(), 'late');
  assert.ok(await search.evaluate(one => one === document.activeElement));
  await page.getByText('32 members: 0 active').waitFor();
  await isClean(page);
});

test('the administrators’ page shows the workspaces if its address is malformed', async () => {
  const page = await admin('#/workspaces/50%');
  await signIn(page);
  await title(page, 'Workspaces');
  await page.reload();
  await title(page, 'Workspaces');
  await isClean(page);
});

test('the administrators’ page leaves no listeners behind while it looks again and again', async () => {
  const page = await admin();
  const left = await page.evaluate(async () => {
    const { every } = await import('./admin-api.js');
    const { signal } = new AbortController();
    let listeners = 0;
    signal.addEventListener = () => listeners++;
    signal.removeEventListener = () => listeners--;
    return new Promise(done => {
      let looks = 0;
      every(1, signal, () => ++looks === 20 && done(listeners));
    });
  });
  assert.equal(left, 0);
  await isClean(page);
});

test('the administrators’ page makes tokens, which it shows once, and revokes them', async () => {
  const [ann] = await site.stack.room(1);
  const page = await admin('#/tokens');
  await signIn(page);
  await title(page, 'Tokens');
  const made = page.getByRole('group', { name: 'The new token' }).locator('code');
  const make = async label => {
    await open();
    await page.getByLabel('Label').fill(label);
    await page.getByRole('button', { name: 'Make a token' }).click();
    await page.getByRole('row').filter({ hasText: label }).waitFor();
    return made.textContent();
  };
  const open = async () => {
    const opener = page.getByRole('button', { name: 'New token' });
    if (await opener.getAttribute('aria-expanded') === 'false') await opener.click();
  };
  await open();
  await page.getByLabel('User’s id').fill(ann.user);
  const own = await make('for ann');
  assert.equal((await site.stack.req('GET', '/v1/me', { token: own })).body.user, ann.user);
  await open();
  await page.locator('select[name=kind]').selectOption('scope');
  await page.getByRole('button', { name: 'Make a token' }).click();
  await page.getByRole('alert').filter({ hasText: 'scope' }).waitFor();
  await page.getByLabel('read who is here').check();
  await page.getByLabel('Only in the workspace').fill(ann.ws);
  const program = await make('for a page');
  await page.getByRole('row').filter({ hasText: `a program: read, in ${ann.ws}` }).waitFor();
  const reads = () => site.stack.req('GET', `/v1/admin/workspaces/${ann.ws}/status`, { token: program });
  assert.equal((await reads()).status, 200);
  const row = page.getByRole('row').filter({ hasText: 'for a page' });
  await row.getByRole('button', { name: 'Revoke' }).click();
  await row.getByRole('button', { name: /Really/ }).click();
  await row.waitFor({ state: 'detached' });
  assert.equal((await reads()).status, 401);
  await page.getByRole('link', { name: 'Health' }).click();
  await title(page, 'Health');
  await page.goBack();
  await title(page, 'Tokens');
  assert.equal(await made.count(), 0, 'it is shown once');
  await isClean(page, own, program);
});

test('the administrators’ page says how Rollcall is, and what it cannot read', async () => {
  const [ann] = await site.stack.room(1);
  const page = await admin('#/health');
  await signIn(page);
  await page.getByText('Rollcall can work.').waitFor();
  const picture = page.getByRole('img', { name: /^Waiting polls and streams: / });
  const waiting = async () => Number(/: ([\d,]+)/.exec(await picture.getAttribute('aria-label'))[1].replace(',', ''));
  const before = await waiting();
  const polls = await Promise.all(Array.from({ length: 20 }, () => ann.follow()));
  await until(async () => await waiting() >= before + 15, 'the curve shows that more polls wait');
  await Promise.all(polls.map(poll => poll.stop()));
  await page.route('**/presence/metrics', route => route.fulfill({ status: 403, body: 'no' }));
  await page.getByText('The web server does not let your address read this.').waitFor();
  await page.unroute('**/presence/metrics');
  await page.route('**/presence/**', route => route.abort());
  await page.getByText('Rollcall does not answer at /presence').waitFor();
  await page.getByText('Trying again').waitFor();
  await page.unroute('**/presence/**');
  await page.getByText('Rollcall can work.').waitFor();
  assert.deepEqual(page.errors, []);
});

test('the administrators’ page shows webhooks, how far they have come, and what is wrong with them', async () => {
  const { stack } = site;
  const [ann] = await stack.room(1);
  const page = await admin('#/webhooks');
  await signIn(page);
  await page.getByText('There are no webhooks yet.').waitFor();
  const put = await stack.adm('PUT', '/webhooks/crm', { body: { url: 'http://127.0.0.1:9/hook', workspace: ann.ws, delay: 0 } });
  assert.equal(put.status, 201, JSON.stringify(put.body));
  await ann.join();
  const row = page.getByRole('row').filter({ hasText: 'http://127.0.0.1:9/hook' }).filter({ hasText: ann.ws });
  await row.filter({ hasText: 'failing since' }).waitFor({ timeout: 30000 });
  await row.getByRole('link', { name: 'crm' }).click();
  await title(page, 'crm');
  await page.getByRole('row').filter({ hasText: ann.ws }).filter({ hasText: 'Failed to connect' }).waitFor();
  await isClean(page, put.body.secret);
});

test('the administrators’ page says so if a token is revoked, a workspace does not exist, or there is nothing to show', async () => {
  const { stack } = site;
  const token = await stack.newToken({ admin: true, label: 'to be revoked' });
  const page = await admin('#/workspaces/none');
  await signIn(page, token);
  await page.getByRole('alert').filter({ hasText: 'Workspace "none" not found.' }).waitFor();
  await stack.adm('PUT', '/workspaces/nobody-here', { body: {} });
  await page.goto(`${site.url}/admin.html#/workspaces/nobody-here`);
  await page.getByText('Nobody is a member yet.').waitFor();
  const { body } = await stack.adm('GET', '/tokens?limit=1000');
  await stack.adm('DELETE', `/tokens/${body.tokens.at(-1).id}`);
  await page.getByRole('alert').filter({ hasText: 'not accepted any more' }).waitFor();
  await isClean(page, token);
});

test('the administrators’ page signs out if its own token is revoked on it', async () => {
  const token = await site.stack.newToken({ admin: true, label: 'of this page' });
  const page = await admin('#/tokens');
  await signIn(page, token);
  const row = page.getByRole('row').filter({ hasText: 'of this page' });
  await row.getByRole('button', { name: 'Revoke' }).click();
  await row.getByRole('button', { name: /Really/ }).click();
  await page.getByRole('alert').filter({ hasText: 'not accepted any more' }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await isClean(page, token);
});

test('the administrators’ page can be used by keyboard, and read on a phone and in the dark', async () => {
  const [ann] = await site.stack.room(1);
  await ann.join();
  mkdirSync(output, { recursive: true });
  await site.stack.adm('PUT', '/webhooks/looks', { body: { url: 'http://127.0.0.1:9/looks', workspace: ann.ws } });
  for (const [look, options] of Object.entries({ light: {}, dark: { colorScheme: 'dark' }, phone })) {
    const page = await admin('', options);
    await page.getByLabel('Token').waitFor();
    await page.keyboard.type(site.stack.admin);
    await page.keyboard.press('Enter');
    await title(page, 'Workspaces');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Workspaces');
    for (const hash of [`#/workspaces/${ann.ws}`, `#/workspaces/${ann.ws}/${ann.user}`, '#/tokens', '#/webhooks', '#/webhooks/looks', '#/health']) {
      await page.goto(`${site.url}/admin.html${hash}`);
      await page.getByRole('heading', { level: 2 }).first().waitFor();
      const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(beyond <= 0, `${hash} fits ${look}`);
      assert.deepEqual(await tooWeak(page), [], `${hash} in ${look}`);
      await page.screenshot({ path: join(output, `admin-${look}-${hash.split('/').length}${hash.split('/')[1]}.png`), fullPage: true });
    }
    await isClean(page);
  }
});
