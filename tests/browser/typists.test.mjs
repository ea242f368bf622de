// SPDX-License-Identifier: ISC
// Those who type, as pages of others show them: in which conversation, in one line however many they are, and not for
// longer than their own page is there.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openDm, peopleOf, typeAt } from '../lib/places.mjs';
import { atMost, until } from '../lib/until.mjs';
import { mainProcessOf, open, startSite } from './lib/site.mjs';
import { knows, line, put, putInputs, putLine, reads, visitLive, who } from './lib/typing.mjs';

let site, browser;
before(async () => {
  site = await startSite();
  browser = await site.browser();
});
after(() => site.stop());

const live = (person, options) => visitLive(browser, site, person, options);

/** A page of PERSON with the line of PLACE. When nobody types there any more, it sets endedAt. */
async function watch(person, place) {
  const page = await live(person);
  await putLine(page, place);
  await page.evaluate(one => window.client.addEventListener('places', ({ detail }) => {
    if (detail.some(set => set.place === one && set.count === 0)) window.endedAt = Date.now();
  }), place);
  return page;
}

/** USER types at PLACE in PAGE, until END. Resolves with the ms from then until all WATCHERS were told. */
async function tellsEnd(page, user, place, watchers, end) {
  await page.locator('#input0').press('x');
  for (const one of watchers) await knows(one, place, `${user}: typing`);
  const begun = Date.now();
  await end();
  for (const one of watchers) await knows(one, place, '', atMost(12000));
  for (const one of watchers) await reads(one, place, '');
  const ends = await Promise.all(watchers.map(one => one.evaluate(() => window.endedAt)));
  return Math.max(...ends) - begun;
}

/** ATTEMPT() takes MS at most: one of three does, since the machine may be busy. */
async function takes(ms, attempt) {
  const took = [];
  while (took.length < 3 && !took.some(one => one <= atMost(ms))) took.push(await attempt());
  assert.ok(took.at(-1) <= atMost(ms), `${took.join(', ')} ms`);
}

test('those who type', { concurrency: 3 }, async suite => {
  const tests = [];
  const it = (name, run) => tests.push(suite.test(name, async () => run(...(await site.stack.room(3)))));

  it('are gone everywhere within 8.5 s if their browser is killed', async (ann, bob, eve) => {
    const place = await openDm(ann, [bob, eve], { name: 'three' });
    const watchers = [await watch(bob, place), await watch(eve, place)];
    await takes(8500, async () => {
      const alone = await site.browser();
      const page = await visitLive(alone, site, ann);
      await putInputs(page, place);
      const pid = await mainProcessOf(alone);
      return tellsEnd(page, ann.user, place, watchers, () => process.kill(pid, 'SIGKILL'));
    });
  });

  for (const [name, hasAnother] of [['the only one', false], ['one of two', true]])
    it(`are gone within 0.5 s if their tab is closed, ${name}`, async (ann, bob) => {
      const place = await openDm(ann, [bob]);
      const watcher = await watch(bob, place);
      await takes(500, async () => {
        const first = await live(ann);
        const page = hasAnother ? await open(first.context(), site.page(ann)) : first;
        await putInputs(page, place);
        const took = await tellsEnd(page, ann.user, place, [watcher], () => page.close());
        await first.context().close();
        return took;
      });
    });

  it('in a group are shown there, and not in the conversation that one of the group has with them', async (ann, bob, eve) => {
    const pair = await openDm(ann, [bob]);
    const group = await openDm(ann, [bob, eve], { name: 'seven' });
    const a = await live(ann);
    await put(a, 'rollcall-dms', {});
    for (const place of [pair, group]) await putLine(a, place);
    const b = await live(bob);
    await putInputs(b, group);
    const rows = a.locator('rollcall-dms [part=item]').filter({ has: a.locator('[part=note]', { hasText: 'typing' }) });
    await until(async () => (await b.locator('#input0').press('x'), (await rows.count()) > 0), 'a row says so');
    assert.deepEqual(await rows.locator('[part=name]').allTextContents(), ['seven']);
    await reads(a, group, 'U1 is typing');
    assert.equal(await who(a, pair), '');
    assert.equal(await line(a, pair), '');
  });

  it('do not move: the line fades, unless less motion is asked for', async (ann, bob) => {
    const place = await openDm(ann, [bob]);
    bob.at = (await bob.join()).session;
    for (const [reducedMotion, moves] of [['no-preference', 1], ['reduce', 0]]) {
      const page = await live(ann, { reducedMotion });
      await putLine(page, place);
      await put(page, 'rollcall-here', { place, 'watch-only': '' });
      await page.locator('rollcall-here [part=list]').waitFor({ state: 'attached' });
      await page.evaluate(() => {
        window.begun = 0;
        const { shadowRoot } = document.querySelector('rollcall-typing');
        for (const type of ['transitionrun', 'animationstart'])
          for (const root of [shadowRoot, document.querySelector('rollcall-here').shadowRoot])
            root.addEventListener(type, () => window.begun++);
      });
      await typeAt(bob, bob.at, place);
      await reads(page, place, 'U1 is typing');
      await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
      assert.equal(await page.evaluate(() => window.begun), moves, reducedMotion);
      await page.context().close();
    }
  });

  await Promise.all(tests);
});

/** A narrow page of ANN with the line of PLACE, written in DIRECTION, that counts what moves. */
async function narrow(ann, place, direction) {
  const page = await live(ann, { viewport: { width: 300, height: 400 } });
  await putLine(page, place);
  await put(page, 'p', { id: 'below' });
  await page.evaluate(dir => {
    document.dir = dir;
    window.shifts = 0;
    new PerformanceObserver(list => { window.shifts += list.getEntries().length; }).observe({ type: 'layout-shift' });
  }, direction);
  return page;
}

/** How high PAGE's line is, where what is below it begins, and whether all parts of the line are in it. */
const boxes = page =>
  page.evaluate(() => {
    const host = document.querySelector('rollcall-typing'), box = host.getBoundingClientRect();
    const parts = [...host.shadowRoot.querySelector('[part=line]').children].map(one => one.getBoundingClientRect());
    const isIn = one => one.left >= box.left && one.right <= box.right && one.top >= box.top && one.bottom <= box.bottom;
    return [box.height, document.getElementById('below').getBoundingClientRect().top, parts.every(isIn)];
  });

test('twelve who type, with long names of either direction, are one line that moves nothing', async () => {
  const [ann, ...others] = await peopleOf(site.stack, 13);
  const letters = ['\u05d0', 'W', '\u0645', '\u6f22', 'i', '\u202eevil '];
  const names = others.map((_, i) => letters[i % letters.length].repeat(60).slice(0, 60));
  for (const [i, { ws, user }] of others.entries())
    assert.equal((await site.stack.adm('PUT', `/workspaces/${ws}/members/${user}`, { body: { name: names[i] } })).status, 200);
  const place = await openDm(ann, others, { name: 'all' });
  const pages = await Promise.all(['ltr', 'rtl'].map(direction => narrow(ann, place, direction)));
  const before = await Promise.all(pages.map(boxes));
  const all = [[1, ' is typing'], [2, ' are typing'], [3, ' and 1 more are typing'], [12, ' and 10 more are typing']];
  let count = 0;
  for (const [next, rest] of all) {
    while (count < next) await typeAt(others[count], others[count++].at, place, { for: 120 });
    for (const [i, page] of pages.entries()) {
      await until(async () => (await line(page, place)).endsWith(rest), `it says "${rest}"`);
      assert.deepEqual(await page.locator('rollcall-typing bdi').allTextContents(), names.slice(0, Math.min(next, 2)));
      assert.deepEqual(await boxes(page), before[i], `${next} in page ${i}`);
    }
  }
  for (const page of pages) {
    assert.equal(await page.evaluate(() => window.shifts), 0);
    assert.deepEqual(page.errors, []);
  }
});
