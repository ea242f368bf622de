// SPDX-License-Identifier: ISC
// The demo as a visitor finds it. Its pictures go to tests/output, to be looked at.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { until } from '../lib/until.mjs';
import { contrasts, tooWeak } from './lib/contrast.mjs';
import { output, sees, startSite, visit } from './lib/site.mjs';
import { tree } from './lib/tree.mjs';

const people = [
  ['ada', 'Ada Okafor'],
  ['ananya', 'अनन्या शर्मा'],
  ['fatima', 'فاطمة الزهراء'],
  ['jurgen', 'Jürgen Weiß'],
  ['maria', 'Мария Иванова'],
  ['sakura', '田中さくら'],
  ['zoe', 'Zoë O’Neill'],
  ['wolfe', 'Wolfeschlegelsteinhausenbergerdorff the Younger of Northumberland'],
];
const looks = {
  light: { viewport: { width: 1280, height: 800 } },
  dark: { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
  tablet: { viewport: { width: 820, height: 1000 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  small: { viewport: { width: 320, height: 640 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
  forced: { viewport: { width: 1280, height: 800 }, forcedColors: 'active' },
};

let site, browser, demo;

/** Says BODY by hand as USER. */
const say = (user, body) => site.stack.as(user, 'demo').ask('PUT', 'me/status', { body });

/** Chooses NAME in the menu of the page's own status. */
async function choose(page, name) {
  await page.locator('rollcall-me [part=button]').click();
  await page.getByRole('menuitemradio', { name }).click();
  await page.locator('rollcall-me [part=menu]').waitFor({ state: 'hidden' });
}

const shoot = (page, name, options) => page.screenshot({ path: join(output, `demo-${name}.png`), ...options });

before(async () => {
  mkdirSync(output, { recursive: true });
  site = await startSite();
  browser = await site.browser();
  const { stack } = site;
  await stack.adm('PUT', '/workspaces/demo', { body: { name: 'Demo' } });
  demo = { url: '/presence', workspace: 'demo', people: [] };
  for (const [user, name] of people) {
    await stack.adm('PUT', `/workspaces/demo/members/${user}`, { body: { name } });
    stack.tokens.set(user, await stack.newToken({ user }));
    demo.people.push({ user, name, token: stack.tokens.get(user) });
  }
  const ada = stack.as('ada', 'demo');
  for (const body of [
    { participants: ['maria'] },
    { participants: ['zoe'] },
    { participants: ['jurgen', 'fatima', 'sakura'], name: 'Lunch' },
    { participants: ['ananya', 'fatima', 'wolfe'] },
  ])
    await ada.ask('POST', 'dms', { body });
  writeFileSync(stack.path('site/demo.json'), JSON.stringify(demo));
  await say('maria', { text: 'In a meeting', emoji: '📅', dnd: true, for: 3600 });
  await say('jurgen', { text: 'Arbeitet zu Hause', emoji: '🏠' });
  await say('fatima', { text: 'في إجازة', emoji: '🌴', for: 86400 });
});
after(() => site.stop());

/* Leases are shorter than all of this takes. */
beforeEach(async () => {
  for (const user of ['maria', 'jurgen']) await site.stack.as(user, 'demo').join({ session: `${user}-is-here` });
  await site.stack.as('sakura', 'demo').join({ session: 'sakura-is-away', status: 'away' });
});

for (const [name, options] of Object.entries(looks)) {
  test(`it is looked at: ${name}`, async () => {
    const page = await visit(browser, `${site.url}/`, options);
    await page.locator('.person').first().waitFor();
    await shoot(page, `${name}-front`);
    assert.deepEqual(await tooWeak(page), [], 'the front can be read');
    await page.getByRole('button', { name: 'Ada Okafor' }).click();
    await sees(page, 'maria', 'active');
    const zoe = await site.stack.as('zoe', 'demo').join();
    await sees(page, 'zoe', 'active');
    await site.stack.as('sakura', 'demo').join({ session: 'sakura-is-here' });
    await sees(page, 'sakura', 'active');
    await page.getByText('In a meeting').first().waitFor();
    await page.mouse.move(2, 2);
    await shoot(page, name, { fullPage: true });
    const { wide, view } = await page.evaluate(() => ({
      wide: document.documentElement.scrollWidth,
      view: innerWidth,
    }));
    assert.ok(wide <= view, 'nothing is wider than the screen');
    assert.ok((await contrasts(page)).length > 30);
    assert.deepEqual(await tooWeak(page), [], 'all of it can be read');
    for (const dot of await page.locator('rollcall-dot:visible').all()) {
      const { width, height } = await dot.boundingBox();
      assert.deepEqual([width, height], [10, 10], 'dots are whole pixels');
    }
    const button = await page.getByRole('button', { name: 'Sign out' }).boundingBox();
    const state = await page.locator('#state').boundingBox();
    assert.ok(
      button.height < 44 && Math.abs(button.y + button.height / 2 - state.y - state.height / 2) < 4,
      'one line',
    );
    await page.locator('rollcall-me [part=button]').click();
    await shoot(page, `${name}-menu`);
    assert.deepEqual(await tooWeak(page), [], 'the menu, too');
    await page.getByRole('menuitem', { name: /^Message and clear/ }).click();
    await shoot(page, `${name}-dialog`);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('link', { name: /^Lunch/ }).click();
    await page.locator('#participants').getByText('田中さくら').waitFor();
    await page.locator('#participants').getByText('Arbeitet zu Hause').waitFor();
    await page.mouse.move(2, 2);
    await shoot(page, `${name}-talk`);
    assert.deepEqual(await tooWeak(page), [], 'a conversation, too');
    await site.stack.as('zoe', 'demo').leaveNow(zoe.session);
    await site.stack.as('sakura', 'demo').leaveNow('sakura-is-here');
    await sees(page, 'zoe', 'offline');
    assert.deepEqual(page.errors, []);
    await page.context().close();
  });
}

test('a visitor signs in, is found by others, sets a status, reloads, and signs out', async () => {
  const page = await visit(browser, `${site.url}/#wolfe`);
  const other = await visit(browser, `${site.url}/#fatima`);
  await sees(other, 'wolfe', 'active');
  await choose(page, 'Away');
  await sees(other, 'wolfe', 'away');
  await choose(page, 'Automatic');
  await sees(other, 'wolfe', 'active');
  await page.reload();
  await sees(page, 'wolfe', 'active');
  await other.getByPlaceholder('Find a name').fill('okafor');
  await until(async () => (await other.locator('rollcall-members [part=item]').count()) === 1, 'one is found');
  await until(async () => /Wolfe.*away/.test(await other.locator('#log').textContent()), 'the stream says so');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Who are you?' }).waitFor();
  await until(
    async () => (await site.stack.as('ada', 'demo').sees('wolfe')).wolfe === 'offline',
    'wolfe is offline at once',
    4500, // and not after the grace
  );
  assert.deepEqual([...page.errors, ...other.errors], []);
});

test('what is said by hand survives a reload, and reaches the other tabs', async () => {
  const page = await visit(browser, `${site.url}/#wolfe`);
  const other = await visit(browser, `${site.url}/#fatima`);
  await choose(page, 'Away');
  await sees(other, 'wolfe', 'away');
  await page.reload();
  await page.locator('rollcall-me [aria-checked=true]', { hasText: 'Away' }).waitFor({ state: 'attached' });
  await until(async () => (await page.locator('#fact-state').textContent()) === 'live', 'it is live again');
  await sees(page, 'wolfe', 'away');
  assert.match(await other.locator('rollcall-dot[user=wolfe]').first().getAttribute('title'), /^Away since /);
  const tab = await page.context().newPage();
  await tab.goto(`${site.url}/#wolfe`);
  await tab.locator('rollcall-me [aria-checked=true]', { hasText: 'Away' }).waitFor({ state: 'attached' });
  await choose(tab, 'Automatic');
  await page.locator('rollcall-me [aria-checked=true]', { hasText: 'Automatic' }).waitFor({ state: 'attached' });
  await sees(other, 'wolfe', 'active');
  await page.context().close();
  await other.context().close();
});

test('after signing in the heading has the focus; a row opens the conversation, and Back the lists', async () => {
  const page = await visit(browser, `${site.url}/`, looks.phone);
  await page.getByRole('button', { name: 'Ada Okafor' }).press('Enter');
  await until(
    async () => (await page.evaluate(() => document.activeElement.id)) === 'workspace',
    'the heading has the focus',
  );
  assert.ok((await tree(page)).some(({ role, name, focused }) => role === 'heading' && name === 'demo' && focused));
  await page.getByRole('link', { name: /^Lunch/ }).click();
  const shown = page.locator('#participants li');
  await until(async () => (await shown.count()) === 4, 'its four people');
  const jurgen = shown.filter({ hasText: 'Jürgen Weiß' });
  await jurgen.filter({ hasText: 'Active since ' }).waitFor();
  assert.equal(await jurgen.locator('rollcall-dot').getAttribute('status'), 'active');
  assert.equal(await page.getByRole('heading', { name: 'Members' }).isVisible(), false, 'it has a phone to itself');
  await page.getByRole('link', { name: 'Back to the lists' }).click();
  // Someone she has not written to yet: now there is a conversation.
  const before = await page.locator('#dms-count').textContent();
  await page
    .locator('rollcall-members')
    .getByRole('link', { name: /^अनन्या/ })
    .click();
  await page.getByRole('heading', { name: /^अनन्या/ }).waitFor();
  await until(
    async () => Number(await page.locator('#dms-count').textContent()) === Number(before) + 1,
    'one more',
  );
  const ananya = await site.stack.as('ananya', 'demo').join();
  await page
    .locator('#talk-log')
    .getByText(/^अनन्या.* is active$/)
    .waitFor();
  await site.stack.as('ananya', 'demo').leaveNow(ananya.session);
  await page.goBack();
  await page.getByRole('heading', { name: 'Members' }).waitFor();
  const row = await page.locator('rollcall-members').evaluate(list => list.shadowRoot.activeElement?.ariaLabel);
  assert.match(row, /^अनन्या/, 'the row has the focus again');
  assert.deepEqual(page.errors, []);
  await page.context().close();
});

test('the end of a list shows that there is more; what the stream says is for developers', async () => {
  for (const name of ['light', 'tablet', 'phone', 'small']) {
    const page = await visit(browser, `${site.url}/#ada`, {
      ...looks[name],
      viewport: { ...looks[name].viewport, height: 640 },
    });
    await sees(page, 'maria', 'active');
    const list = page.locator('rollcall-members');
    const isFading = () => list.evaluate(one => getComputedStyle(one).maskImage !== 'none');
    assert.ok(await list.evaluate(one => one.scrollHeight > one.clientHeight), `${name}: it goes on`);
    assert.ok(await isFading(), name);
    await list.evaluate(one => (one.scrollTop = one.scrollHeight));
    await until(async () => !(await isFading()), 'not at its end');
    assert.equal(await page.locator('#log').isVisible(), false);
    await page.getByText('Developer').click();
    await page.locator('#log').waitFor();
    await page.context().close();
  }
});

test('in a conversation one sees who types and who looks at it; Enter clears the line', async () => {
  const wolfe = await visit(browser, `${site.url}/#wolfe`);
  await sees(wolfe, 'wolfe', 'active');
  await wolfe.evaluate(() => { location.hash = '#wolfe/with/fatima'; }); // which opens it
  await wolfe.locator('#say').waitFor();
  const fatima = await visit(browser, `${site.url}/#fatima/with/wolfe`);
  const typing = fatima.locator('#typing [part=line]');
  await wolfe.locator('#looking [part=face]').waitFor();
  await fatima.locator('#looking [part=face]').waitFor();
  await wolfe.locator('#message').pressSequentially('Hello');
  await until(async () => /Wolfe.* is typing$/.test(await typing.textContent()), 'she sees that he types');
  await wolfe.locator('#message').press('Enter');
  assert.equal(await wolfe.locator('#message').inputValue(), '');
  await until(async () => (await typing.textContent()) === '', 'and that he does no more');
  assert.match(wolfe.url(), /#wolfe\/with\/fatima$/);
  assert.deepEqual([...wolfe.errors, ...fatima.errors], []);
  for (const page of [wolfe, fatima]) await page.context().close();
});

test('a search that finds nobody says so, and the count', async () => {
  const page = await visit(browser, `${site.url}/#ada`);
  await sees(page, 'maria', 'active');
  await page.getByPlaceholder('Find a name').fill('zzz');
  await page.getByText('No member matches “zzz”.').waitFor();
  assert.equal(await page.locator('#members-count').textContent(), '0 of 8');
  await page.getByPlaceholder('Find a name').fill('weiss');
  await page.getByPlaceholder('Find a name').press('ArrowDown');
  const focused = await page.locator('rollcall-members').evaluate(list => list.shadowRoot.activeElement.ariaLabel);
  assert.match(focused, /^Jürgen Weiß, /);
  await page.context().close();
});

for (const name of ['light', 'tablet', 'phone', 'small'])
  test(`while it retries nothing moves, and readers hear it once: ${name}`, async () => {
    const page = await visit(browser, 'about:blank', looks[name]);
    const held = [];
    const fail = route => route.fulfill({ status: 503, body: '{}' });
    let isBroken = false;
    await page.route('**/stream', route => (isBroken ? fail(route) : held.push(route)));
    await page.goto(`${site.url}/#ada`);
    await sees(page, 'maria', 'active');
    await page.locator('rollcall-dms rollcall-dot').first().waitFor(); // both lists have their height
    const places = () =>
      page.evaluate(() =>
        [...document.querySelectorAll('.card, .bar, rollcall-members, rollcall-dms')].map(one => {
          const { x, y, width, height } = one.getBoundingClientRect();
          return [x, y, width, height].join(' ');
        }),
      );
    const before = await places();
    await page.evaluate(() => {
      window.spoken = [];
      new MutationObserver(() => window.spoken.push(document.querySelector('#notice-text').textContent)).observe(
        document.querySelector('#notice-text'),
        { childList: true, characterData: true, subtree: true },
      );
    });
    await until(() => held.length > 0, 'it polls');
    isBroken = true;
    await Promise.all(held.map(fail));
    const when = page.locator('#notice-when');
    await until(async () => /^Retrying in ([5-9]|\d\d) s\.$/.test(await when.textContent()), 'it says when', 30000);
    assert.deepEqual(await places(), before, 'nothing moves');
    assert.match(
      await page.locator('#notice').innerText(),
      /^Presence is unavailable\.\s+Retrying in \d+ s\.\s+Retry now$/,
    );
    assert.equal(await page.locator('#state').textContent(), 'not live');
    const dot = page.locator('rollcall-members rollcall-dot[user=maria]');
    assert.equal(await dot.getAttribute('status'), 'active', 'nobody is offline for that');
    assert.equal(await dot.evaluate(one => getComputedStyle(one).opacity), '0.5');
    const first = await when.textContent();
    await until(async () => (await when.textContent()) !== first, 'it counts');
    assert.deepEqual(await page.evaluate(() => window.spoken), ['Presence is unavailable.']);
    const live = (await tree(page)).filter(({ role }) => role === 'status').map(({ live: how }) => how);
    assert.ok(live.includes('polite'));
    await shoot(page, `retrying-${name}`);
    await page.unroute('**/stream');
    await page.getByRole('button', { name: 'Retry now' }).click();
    await until(async () => (await page.locator('#state').textContent()) === 'live', 'it is live again', 20000);
    await page.context().close();
  });

test('the address can say how changes come, and the page shows how they do', async () => {
  for (const transport of ['stream', 'poll']) {
    const page = await visit(browser, `${site.url}/?transport=${transport}#ada`);
    await sees(page, 'maria', 'active');
    await page.getByText('Developer').click();
    const shown = page.locator('#fact-transport');
    await until(async () => (await shown.textContent()) === transport, `it says ${transport}`);
    await shoot(page, `developer-${transport}`, { fullPage: true });
    assert.deepEqual(await tooWeak(page), []);
    await page.context().close();
  }
});

test('an address that is malformed is ignored', async () => {
  const page = await visit(browser, `${site.url}/#%`, looks.light);
  await page.getByRole('button', { name: 'Ada Okafor' }).waitFor();
  await page.context().close();
});

test('without demo.json it asks where to look; a token that is no good is said to be so', async () => {
  const page = await visit(browser, 'about:blank', looks.light);
  await page.route('**/demo.json', route => route.fulfill({ status: 404 }));
  await page.goto(`${site.url}/`);
  await page.getByRole('heading', { name: 'Connect to a workspace' }).waitFor();
  await shoot(page, 'connect');
  await page.getByLabel('Workspace').fill('demo');
  await page.getByLabel('Token').fill('rc_wrong');
  await page.getByRole('button', { name: 'Connect' }).click();
  await page.getByText('You are signed out.').waitFor();
  assert.doesNotMatch(await page.locator('#notice').textContent(), /\.\./);
  await until(
    async () => (await page.evaluate(() => document.activeElement.id)) === 'workspace',
    'the heading has the focus',
  );
  await shoot(page, 'stopped');
  await page.getByRole('button', { name: 'Sign in again' }).click();
  await page.getByRole('heading', { name: 'Connect to a workspace' }).waitFor();
});

test('when the server is gone it says so, everyone is unknown after a ttl, and it comes back by itself', async () => {
  const page = await visit(browser, 'about:blank', looks.light);
  await page.clock.install();
  await page.goto(`${site.url}/#ada`);
  await sees(page, 'maria', 'active');
  await site.stack.kill();
  await page.getByText(/Retrying in \d+ s\./).waitFor({ timeout: 20000 });
  await page.clock.runFor(62000);
  await sees(page, 'maria', 'unknown');
  await shoot(page, 'error');
  site.stack.startDaemon();
  await site.stack.ready();
  // A try under way may still meet a web server that has not noticed, and the next one is up to 30 s later by the page's clock.
  await until(async () => {
    await page.clock.runFor(5000);
    return page.locator('#notice').isHidden();
  }, 'there is nothing more to say');
  await sees(page, 'jurgen', 'active', 10000).catch(() => sees(page, 'jurgen', 'offline', 10000)); // nobody has renewed that lease
  rmSync(site.stack.path('site/demo.json'));
});
