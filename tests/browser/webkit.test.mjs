// SPDX-License-Identifier: ISC
// The main paths in WebKit.
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { pause, until } from '../lib/until.mjs';
import { own, setHidden, startSite } from './lib/site.mjs';
import { WebKit, lacking } from './lib/webkit.mjs';

const options = { skip: lacking };

let site;
const browsers = []; // of two people
before(async () => {
  if (lacking) return;
  site = await startSite();
  const morphdom = new URL('node_modules/morphdom/dist/morphdom-esm.js', import.meta.url);
  cpSync(morphdom, site.stack.path('site/morphdom.js'));
  browsers.push(...(await Promise.all([WebKit.start(), WebKit.start()])));
});
after(async () => {
  for (const browser of browsers) await browser.stop();
  await site?.stop();
});

async function sees(page, user, status, ms = 10000) {
  const begin = Date.now();
  const look = () =>
    page.evaluate(name => document.querySelector(`rollcall-dot[user="${name}"]`).getAttribute('status'), user);
  await until(async () => (await look()) === status, `the dot of ${user} is ${status}`, ms);
  return Date.now() - begin;
}

const isLive = page => until(async () => (await own(page)).state === 'live', 'it is live');

test('two people see each other active, away when hidden, back, and offline when the page is left', options, async () => {
  const [ann, bob] = await site.stack.room(2);
  const b = await browsers[1].visit(site.page(bob, { dots: [ann.user] }));
  await sees(b, ann.user, 'offline');
  const a = await browsers[0].visit(site.page(ann, { dots: [bob.user] }));
  await sees(b, ann.user, 'active');
  await sees(a, bob.user, 'active');
  for (const page of [a, b]) await until(async () => (await own(page)).transport === 'stream', 'it streams');
  await setHidden(a, true);
  await sees(b, ann.user, 'away');
  await setHidden(a, false);
  await sees(b, ann.user, 'active');
  const { session } = await own(a);
  const watcher = await bob.follow();
  await a.reload();
  await isLive(a);
  assert.equal((await own(a)).session, session, 'a reload keeps the session');
  await a.goto(`${site.url}/plain.html`);
  await watcher.saw(ann.user, 'offline', 30000);
  assert.deepEqual(watcher.told(ann.user), ['offline'], 'nobody saw the reload');
  await a.goBack();
  await sees(b, ann.user, 'active');
  await sees(a, bob.user, 'active');
  await watcher.stop();
});

test('its tabs are one session and one poll, and another leads when the leader is closed', options, async () => {
  const [ann, bob] = await site.stack.room(2);
  const watcher = await bob.follow();
  const first = await browsers[0].visit(site.page(ann, { dots: [bob.user] }));
  await isLive(first);
  const rest = [];
  while (rest.length < 3) rest.push(await browsers[0].open(site.page(ann, { dots: [bob.user] })));
  for (const page of rest) await isLive(page);
  assert.equal((await bob.sessionsOf(ann.user)).length, 1);
  const leaders = async pages => {
    const all = [];
    for (const page of pages) if ((await own(page)).leader) all.push(page);
    return all;
  };
  const [leader, ...others] = await leaders([first, ...rest]);
  assert.deepEqual(others, []);
  // The last one takes over while the first, which WebDriver needs, is kept.
  assert.equal(leader, first);
  await first.goto(`${site.url}/plain.html`);
  await bob.join();
  for (const page of rest) await sees(page, bob.user, 'active');
  assert.equal((await leaders(rest)).length, 1);
  await watcher.saw(ann.user, 'away', 30000);
  await pause(3000);
  assert.deepEqual(watcher.told(ann.user), ['active', 'away'], 'the tabs that are left are behind another one');
  for (const page of rest) await page.close();
  await watcher.stop();
});

test('lists show names and dots, which say their status in words and look it', options, async () => {
  const [ann, bob] = await site.stack.room(2);
  await bob.join();
  const page = await browsers[0].visit(site.page(ann, { lists: ['rollcall-members'] }));
  const rows = () =>
    page.evaluate(() =>
      [...(document.querySelector('rollcall-members').shadowRoot?.querySelectorAll('[part=item]') ?? [])].map(row =>
        [row.querySelector('bdi').textContent, row.querySelector('rollcall-dot').getAttribute('aria-label')].join(' '),
      ),
    );
  await until(async () => (await rows()).join() === 'U0 active,U1 active', 'both are here');
  const sizes = await page.evaluate(() =>
    [...document.querySelector('rollcall-members').shadowRoot.querySelectorAll('rollcall-dot')].map(dot => {
      const { width, height } = dot.getBoundingClientRect();
      return [width > 5, width === height, dot.matches(':state(active)')];
    }),
  );
  assert.deepEqual(sizes, [
    [true, true, true],
    [true, true, true],
  ]);
});

test('a dot keeps what it shows when the page is patched, moved to a frame, and back', options, async () => {
  const [ann, bob] = await site.stack.room(2);
  const { session } = await bob.join();
  const body = `<p>Bob <rollcall-dot user="${bob.user}"></rollcall-dot></p><iframe></iframe>${site.session(ann)}`;
  const page = await browsers[0].visit(site.write('webkit.html', body));
  await sees(page, bob.user, 'active');
  const look = () =>
    page.evaluate(() => {
      const { dot = document.querySelector('rollcall-dot') } = window;
      const { color, width } = dot.ownerDocument.defaultView.getComputedStyle(dot);
      return [color, width, ...['status', 'role', 'aria-label', 'title'].map(name => dot.getAttribute(name))];
    });
  const before = await look();
  await page.evaluate(async html => {
    (await import('/morphdom.js')).default(document.body, `<body>${html}</body>`);
  }, body);
  assert.deepEqual(await look(), before);
  await page.evaluate(() => {
    window.dot = document.querySelector('rollcall-dot');
    document.querySelector('iframe').contentDocument.body.append(window.dot);
  });
  assert.deepEqual(await look(), before);
  await bob.beat(session, { status: 'away' });
  await until(async () => (await look())[2] === 'away', 'it is live in the frame');
  await page.evaluate(() => document.body.append(window.dot));
  await bob.beat(session, { status: 'active' });
  await sees(page, bob.user, 'active');
  assert.deepEqual(await look(), before.with(5, (await look())[5]));
});

test('the menu of the own status opens, takes keys, and gives the focus back', options, async () => {
  const [ann, bob] = await site.stack.room(2);
  const watcher = await bob.follow();
  const page = await browsers[0].visit(site.page(ann, { lists: ['rollcall-me'] }));
  await isLive(page);
  await watcher.saw(ann.user, 'active');
  const look = () =>
    page.evaluate(() => {
      const root = document.querySelector('rollcall-me').shadowRoot, menu = root?.querySelector('[part=menu]');
      const { x = 0, width = 0 } = menu?.getBoundingClientRect() ?? {};
      const focused = root?.activeElement?.querySelector('span')?.textContent ?? root?.activeElement?.name;
      return { focused, isShown: width > 100 && x >= 0, isAsking: root?.querySelector('dialog')?.open };
    });
  const press = key =>
    page.evaluate(name => {
      const target = document.querySelector('rollcall-me').shadowRoot.activeElement;
      target.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true, composed: true, cancelable: true }));
    }, key);
  await until(() => page.evaluate(() => window.client.me), 'it knows what was said');
  await until(() => page.evaluate(() => Boolean(document.querySelector('rollcall-me').shadowRoot)), 'there is a button');
  await page.evaluate(() => document.querySelector('rollcall-me').shadowRoot.querySelector('button').click());
  assert.deepEqual(await look(), { focused: 'Automatic', isShown: true, isAsking: false });
  await press('ArrowDown');
  await press('Enter');
  await watcher.saw(ann.user, 'away');
  await until(async () => !(await look()).isShown, 'it is closed');
  await press('ArrowUp');
  await press('Enter');
  await until(async () => (await look()).focused === 'text', 'the dialog has the focus');
  await page.evaluate(() => {
    const form = document.querySelector('rollcall-me').shadowRoot.querySelector('form');
    form.querySelector('[name=text]').value = 'at home';
    form.requestSubmit();
  });
  await until(async () => !(await look()).isAsking, 'it is saved');
  const { text } = (await bob.ask('GET', `status?user=${ann.user}`)).body.users[0];
  assert.equal(text, 'at home');
  assert.match((await look()).focused, /Away/, 'the button has the focus again');
  await watcher.stop();
});

test('a tab that is in use takes over from one that does not respond', options, async () => {
  const [ann, bob] = await site.stack.room(2);
  await bob.join();
  const first = await browsers[0].visit(site.page(ann, { dots: [bob.user] }));
  await isLive(first);
  const second = await browsers[0].open(site.page(ann, { dots: [bob.user] }));
  await isLive(second);
  await setHidden(second, false);
  // As long as it works it can neither hear nor answer.
  await first.evaluate(() => {
    setTimeout(() => {
      for (const end = Date.now() + 25000; Date.now() < end; );
    });
  });
  await until(async () => (await own(second)).leader, 'the second leads', 20000);
  await sees(second, bob.user, 'active');
  await until(async () => !(await own(first)).leader, 'the first follows', 40000);
  await second.close();
  await until(async () => (await own(first)).leader, 'the first leads again');
});
