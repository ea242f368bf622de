// SPDX-License-Identifier: ISC
// The main paths in Firefox, over WebDriver BiDi.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { pause, until } from '../lib/until.mjs';
import { own, setHidden, startSite } from './lib/site.mjs';

const executablePath = ['/usr/bin/firefox-esr', '/usr/bin/firefox'].find(existsSync);
const options = { skip: executablePath ? false : 'Firefox is not installed' };

let site, browser;
before(async () => {
  if (!executablePath) return;
  site = await startSite();
  browser = await puppeteer.launch({ browser: 'firefox', executablePath, headless: true });
});
after(async () => {
  await browser?.close();
  await site?.stop();
});

async function open(context, address) {
  const page = await context.newPage();
  page.errors = [];
  page.on('pageerror', error => page.errors.push(error.message));
  await page.goto(address);
  return page;
}

async function sees(page, user, status, ms = 15000) {
  const begin = Date.now();
  const look = () => page.evaluate(name => document.querySelector(`rollcall-dot[user="${name}"]`).getAttribute('status'), user);
  await until(async () => (await look()) === status, `the dot of ${user} is ${status}`, ms);
  return Date.now() - begin;
}

test('two people see each other active, away when hidden, back, and offline when the page is left', options, async () => {
  const [ann, bob] = await site.stack.room(2);
  const b = await open(await browser.createBrowserContext(), site.page(bob, { dots: [ann.user] }));
  await sees(b, ann.user, 'offline');
  const a = await open(await browser.createBrowserContext(), site.page(ann, { dots: [bob.user] }));
  await sees(b, ann.user, 'active');
  await sees(a, bob.user, 'active');
  for (const page of [a, b]) await until(async () => (await own(page)).transport === 'stream', 'it streams');
  await setHidden(a, true);
  await sees(b, ann.user, 'away', 20000);
  await setHidden(a, false);
  assert.ok((await sees(b, ann.user, 'active')) < 8000);
  assert.deepEqual([...a.errors, ...b.errors], []);
  // Not close(): Firefox may end a tab's process before its goodbye is out, and then the lease tells.
  await a.goto(`${site.url}/plain.html`);
  await sees(b, ann.user, 'offline', 30000);
});

test('its tabs are one session and one poll, and another leads when the leader is closed', options, async () => {
  const [ann, bob] = await site.stack.room(2);
  const watcher = await bob.follow();
  const context = await browser.createBrowserContext();
  const pages = [];
  while (pages.length < 8) pages.push(await open(context, site.page(ann, { dots: [bob.user] })));
  for (const page of pages) await until(async () => (await own(page)).state === 'live', 'each tab knows');
  assert.equal((await bob.sessionsOf(ann.user)).length, 1);
  const lead = await Promise.all(pages.map(async page => (await own(page)).leader));
  assert.equal(lead.filter(Boolean).length, 1);
  await pages[lead.indexOf(true)].close();
  await bob.join();
  await Promise.all(pages.filter((_, i) => !lead[i]).map(page => sees(page, bob.user, 'active')));
  await pause(7000);
  assert.deepEqual(watcher.told(ann.user), ['active']);
  await watcher.stop();
});

test('lists show names and dots', options, async () => {
  const [ann, bob] = await site.stack.room(2);
  await bob.join();
  const page = await open(await browser.createBrowserContext(), site.page(ann, { lists: ['rollcall-members'] }));
  const rows = () =>
    page.evaluate(() =>
      [...document.querySelector('rollcall-members').shadowRoot.querySelectorAll('[part=item]')].map(row =>
        [row.querySelector('bdi').textContent, row.querySelector('rollcall-dot').getAttribute('aria-label')].join(' '),
      ),
    );
  await until(async () => (await rows()).join() === 'U0 active,U1 active', 'both are here');
  assert.deepEqual(page.errors, []);
});

test('the menu of the own status goes by keys, and others see what was chosen', options, async () => {
  const [ann, bob] = await site.stack.room(2);
  const b = await open(await browser.createBrowserContext(), site.page(bob, { dots: [ann.user] }));
  const a = await open(await browser.createBrowserContext(), site.page(ann, { lists: ['rollcall-me'] }));
  await sees(b, ann.user, 'active');
  const focused = () =>
    a.evaluate(() => {
      const inner = document.activeElement.shadowRoot?.activeElement;
      return inner?.firstElementChild?.textContent || inner?.getAttribute('part') || inner?.name;
    });
  const keys = async (...names) => {
    for (const name of names) await a.keyboard.press(name);
  };
  await until(() => a.evaluate(() => Boolean(document.querySelector('rollcall-me').shadowRoot)), 'it is drawn');
  await a.evaluate(() => document.querySelector('rollcall-me').focus());
  await keys('Enter', 'ArrowDown');
  assert.equal(await focused(), 'Away');
  await keys('Enter');
  await sees(b, ann.user, 'away');
  await until(async () => (await focused()) === 'button', 'it is closed, and the focus is back');
  await keys('Enter', 'd', ' ');
  await until(() => b.evaluate(() => document.querySelector('rollcall-dot').getAttribute('aria-label') === 'away, do not disturb'), 'the other sees both');
  await keys('m', 'Enter');
  await until(async () => (await focused()) === 'text', 'the dialog is open');
  await a.keyboard.type('at home');
  await keys('Enter');
  await until(() => b.evaluate(user => window.client.getPresence(user).text === 'at home', ann.user), 'the other reads it');
  await until(async () => (await focused()) === 'button', 'the focus is back');
  assert.deepEqual([...a.errors, ...b.errors], []);
});
