// SPDX-License-Identifier: ISC
// <rollcall-here> and client.at(): what is shown of who is here, what is told of places that are refused, and that a
// page at which nobody looks is not at its places.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openDm } from '../lib/places.mjs';
import { pause, until } from '../lib/until.mjs';
import { open, own, setHidden, startSite, visit } from './lib/site.mjs';
import { heard } from './lib/streams.mjs';
import { knows, put, visitLive } from './lib/typing.mjs';

let site, browser;
before(async () => {
  site = await startSite();
  browser = await site.browser();
});
after(() => site.stop());

const live = person => visitLive(browser, site, person);
const rename = ({ ws, user }, name) => site.stack.adm('PUT', `/workspaces/${ws}/members/${user}`, { body: { name } });

/** A page of PERSON whose <rollcall-session> has ATTRIBUTES, once it is live; a further tab of PAGE, if there is one. */
async function liveWith(person, attributes, page) {
  const address = site.page(person, { hears: ['refused'], attributes });
  const made = await (page ? open(page.context(), address) : visit(browser, address));
  await until(async () => (await own(made)).state === 'live', 'it is live');
  return made;
}

/** Resolves once WHY is the reason for the verdict about a push to PERSON of something written at PLACE, after each ACT. */
async function isWhy({ ws, user }, place, why, act = () => {}) {
  const body = { users: [user], dm: Number(place.replace('dm:', '')) };
  const reason = async () => (await site.stack.adm('POST', `/workspaces/${ws}/notify`, { body })).body.users[0].because;
  let last;
  await until(async () => (await act(), (last = await reason()) === why), `it is because of "${why}"`, 20000).catch(error => {
    throw new Error(`${error.message} (it is "${last}")`);
  });
}

/** What PAGE's <rollcall-here> shows: the names, and how many more. */
const shown = page => page.locator('rollcall-here').evaluate(({ shadowRoot }) => {
  const all = part => [...shadowRoot.querySelectorAll(`[part=${part}]`)];
  return [...all('face').map(one => one.title), ...all('more').map(one => one.textContent)].join(' ');
});
const shows = (page, text) => until(async () => (await shown(page)) === text, `it shows "${text}"`);

test('who is here', { concurrency: 5 }, async suite => {
  const tests = [];
  const it = (name, run) => tests.push(suite.test(name, async () => run(...(await site.stack.room(3)))));

  it('is shown by a new name once it has one, also if the first request for it is lost', async (ann, bob) => {
    const a = await live(ann);
    await put(a, 'rollcall-here', { 'place': 'x', 'watch-only': '' });
    const b = await live(bob);
    await b.evaluate(() => { window.client.at('x'); });
    await shows(a, 'U1');
    await rename(bob, 'Bob');
    await shows(a, 'Bob');
    let lost = 0;
    await a.route(/\/members\?/, route => (lost++ ? route.continue() : route.abort()));
    await rename(bob, 'Robert');
    await shows(a, 'Robert');
    assert.ok(lost >= 2, 'it was asked for again');
    assert.deepEqual([...a.errors, ...b.errors], []);
  });

  it('is counted only, if no face is to be shown', async (ann, bob, eve) => {
    const a = await live(ann);
    await put(a, 'rollcall-here', { 'place': 'x', 'watch-only': '', 'max': '0' });
    const set = max => a.evaluate(value => { document.querySelector('rollcall-here').max = value; }, max);
    const labels = () => a.locator('rollcall-here').evaluate(({ shadowRoot }) => {
      const { hidden, ariaLabel } = shadowRoot.querySelector('[part=list]');
      return hidden || ariaLabel;
    });
    await until(async () => (await labels()) === true, 'nobody is here');
    const pages = [];
    for (const person of [bob, eve]) {
      pages.push(await live(person));
      await pages.at(-1).evaluate(() => { window.client.at('x'); });
    }
    await shows(a, '+2');
    assert.equal(await labels(), 'Here: 2');
    for (const [max, text] of [['1', 'U1 +1'], ['', 'U1 U2'], ['x', 'U1 U2'], [0, '+2']]) {
      await set(max);
      await shows(a, text);
    }
    assert.deepEqual([a, ...pages].flatMap(page => page.errors), []);
  });

  it('is nobody whose page is hidden or was not touched for long, until somebody looks at it again', async (ann, bob) => {
    const place = await openDm(ann, [bob]);
    const b = await live(bob);
    await knows(b, place, ''); // it follows from now on
    const hidden = await liveWith(ann, { 'hide-after': '1' });
    await put(hidden, 'rollcall-here', { place });
    for (let i = 0; i < 2; i++) {
      await knows(b, place, 'u0: viewing');
      await isWhy(ann, place, 'looking');
      await setHidden(hidden, true);
      await knows(b, place, '');
      await isWhy(ann, place, 'away');
      await setHidden(hidden, false);
    }
    await isWhy(ann, place, 'looking');
    await setHidden(hidden, true);
    const second = await liveWith(ann, { 'idle-after': '4' }, hidden);
    const touch = () => second.mouse.move(99 * Math.random(), 9);
    await isWhy(ann, place, 'active', touch); // another tab is in view, elsewhere
    await hidden.close();
    await put(second, 'rollcall-here', { place });
    await isWhy(ann, place, 'looking', touch);
    await isWhy(ann, place, 'away');
    await isWhy(ann, place, 'looking', touch);
    assert.deepEqual([b, second].flatMap(page => page.errors), []);
  });

  it('is nobody whose tab hangs', async ann => {
    const a = await liveWith(ann);
    const second = await liveWith(ann, {}, a);
    const isAt = async () => (await ann.ask('GET', 'places/p')).body.count === 1;
    await second.evaluate(() => { window.client.at('p'); });
    await until(isAt, 'it is there');
    await second.evaluate(() => {
      setTimeout(() => { for (const end = performance.now() + 25000; performance.now() < end;); });
    });
    await until(async () => !await isAt(), 'it is not there any more', 22000);
    await until(isAt, 'it is there again', 60000);
    assert.deepEqual([a, second].flatMap(page => page.errors), []);
  });

  it('is told to all tabs if a place is refused, once, and a word that is no word is not taken', async ann => {
    const a = await liveWith(ann);
    const second = await liveWith(ann, {}, a);
    const thrown = await second.evaluate(() => ['a:b', 'A', '', 'x'.repeat(33), 'x y'].map(doing => {
      try {
        return window.client.at('zz', { doing });
      } catch (error) {
        return error.name;
      }
    }));
    assert.deepEqual(thrown, Array(5).fill('TypeError'));
    const all = [['y'.repeat(129), 'bad_request', 400], ['dm:987654321', 'not_found', 404]];
    for (const [one] of all) await second.evaluate(name => { window.client.at(name, { doing: 'editing' }); }, one);
    for (const page of [a, second]) {
      await until(async () => (await heard(page, 'refused')).length === 2, 'it is told');
      const told = (await heard(page, 'refused')).sort((x, y) => x.status - y.status);
      assert.deepEqual(told.map(one => [one.place, one.code, one.status]), all);
      assert.ok(told.every(({ doing, kind, message }) => doing === 'editing' && kind === 'server' && message));
      assert.deepEqual(await heard(page, 'error'), []);
    }
    const isRefused = () => second.evaluate(async () => {
      const leave = window.client.at('dm:987654322');
      const place = await new Promise(done => {
        window.client.addEventListener('refused', ({ detail }) => done(detail.place), { once: true });
        setTimeout(done, 9000);
      });
      leave();
      return place === 'dm:987654322';
    });
    for (let i = 0; i < 2; i++) {
      const isLetGo = a.waitForResponse(one => one.request().method() === 'DELETE'); // by the tab that leads
      assert.ok((await Promise.all([isRefused(), isLetGo]))[0], `the time ${i} that it is asked for`);
    }
  });

  it('is at 20 places at most: others wait without asking again and again, until there is room', async ann => {
    const a = await liveWith(ann);
    await a.evaluate(() => { window.leave = Array.from({ length: 22 }, (_, i) => window.client.at(`p${i}`)); });
    const refused = async () => (await heard(a, 'refused')).map(one => (assert.equal(one.code, 'too_many_places'), one.place));
    await until(async () => (await refused()).length === 2, 'two are refused');
    const [first, other] = await refused();
    const puts = place => a.requests.filter(one => one.method === 'PUT' && one.search.endsWith(`=${place}`));
    await pause(12000);
    for (const place of [first, other]) {
      const begun = puts(place)[0].at;
      const asked = puts(place).filter(({ at }) => at < begun + 40000).length;
      assert.ok(asked <= 2, `asked ${asked} times for ${place}`); // twice if the first answer took 3 s, thrice in 10 s if again and again
    }
    const isAt = async place => (await ann.ask('GET', `places/${place}`)).body.count === 1;
    const room = [...Array(22).keys()].find(i => ![first, other].includes(`p${i}`));
    await a.evaluate(i => window.leave[i](), room);
    await until(async () => (await isAt(first)) || isAt(other), 'one that waited is let in');
    assert.equal((await refused()).length, 2, 'and the other is not told again');
    assert.deepEqual(a.errors, []);
  });

  await Promise.all(tests);
});
