// SPDX-License-Identifier: ISC
// The demo as a visitor finds it. Its pictures go to tests/output, to be looked at.
import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { until } from '../lib/until.mjs';
import { output, sees, startSite, visit } from './lib/site.mjs';

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
  forced: { viewport: { width: 1280, height: 800 }, forcedColors: 'active' },
};

let site, browser, demo;
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
  for (const user of ['maria', 'jurgen']) await stack.as(user, 'demo').join();
  await stack.as('sakura', 'demo').join({ status: 'away' });
  writeFileSync(stack.path('site/demo.json'), JSON.stringify(demo));
});
after(() => site.stop());

for (const [name, options] of Object.entries(looks)) {
  test(`it is looked at: ${name}`, async () => {
    const page = await visit(browser, `${site.url}/`, options);
    await page.locator('.person').first().waitFor();
    await shoot(page, `${name}-front`);
    await page.getByRole('button', { name: 'Ada Okafor' }).click();
    await sees(page, 'maria', 'active');
    const zoe = await site.stack.as('zoe', 'demo').join();
    await sees(page, 'zoe', 'active');
    await site.stack.as('sakura', 'demo').join({ session: 'sakura-is-here' });
    await sees(page, 'sakura', 'active');
    await page.mouse.move(2, 2);
    await shoot(page, name, { fullPage: true });
    const { wide, view } = await page.evaluate(() => ({
      wide: document.documentElement.scrollWidth,
      view: innerWidth,
    }));
    assert.ok(wide <= view, 'nothing is wider than the screen');
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
  await page.getByText('Away', { exact: true }).click();
  await sees(other, 'wolfe', 'away');
  await page.getByText('Automatic').click();
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
    2000,
  );
  assert.deepEqual([...page.errors, ...other.errors], []);
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
  await page.getByText('Stopped:').waitFor();
  await shoot(page, 'stopped');
});

test('when the server is gone it says so, everyone is unknown after a ttl, and it comes back by itself', async () => {
  const page = await visit(browser, 'about:blank', looks.light);
  await page.clock.install();
  await page.goto(`${site.url}/#ada`);
  await sees(page, 'maria', 'active');
  await site.stack.kill();
  await page.getByText(/Trying again/).waitFor({ timeout: 20000 });
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
