// SPDX-License-Identifier: ISC
// Who types in a conversation, and who is looking at a page: what one person's page says, and what others' pages show.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openDm } from '../lib/places.mjs';
import { pause, until } from '../lib/until.mjs';
import { open, own, setHidden, startSite } from './lib/site.mjs';
import { heard } from './lib/streams.mjs';
import { knows, put, putInputs, putLine, reads, said, visitLive, who } from './lib/typing.mjs';

let site, browser;
before(async () => {
  site = await startSite();
  browser = await site.browser();
});
after(() => site.stop());

const live = person => visitLive(browser, site, person);

const bothTyping = async (ann, bob) => {
  const place = await openDm(ann, [bob]);
  const a = await live(ann);
  const b = await live(bob);
  await putInputs(a, place);
  await putLine(b, place);
  await knows(b, place, '');
  return { place, a, b };
};

test('typing', { concurrency: 4 }, async suite => {
  const tests = [];
  const it = (name, run) => tests.push(suite.test(name, async () => run(...(await site.stack.room(4)))));

  it('is shown to the other by name, and ends in the turn in which the message is sent', async (ann, bob) => {
    const { place, a, b } = await bothTyping(ann, bob);
    await a.locator('#input0').pressSequentially('hello');
    await reads(b, place, 'U0 is typing');
    assert.deepEqual(said(a), ['PUT']);
    const isAsked = await a.evaluate(async () => {
      const asked = [];
      const { fetch } = window;
      window.fetch = (...request) => (asked.push(request[1].method), fetch(...request));
      document.querySelector('form').requestSubmit();
      return asked.includes('DELETE') || asked;
    });
    assert.equal(isAsked, true, 'in the same turn');
    await knows(b, place, '');
    await reads(b, place, '');
    await a.locator('#input0').pressSequentially('!');
    await knows(b, place, 'u0: typing');
    await a.evaluate(() => window.attached[0].stop());
    await knows(b, place, '');
    assert.deepEqual(said(a), ['PUT', 'DELETE', 'PUT', 'DELETE']);
    assert.deepEqual([...a.errors, ...b.errors], []);
  });

  it('ends when the form of its input is submitted, and with no other form', async (ann, bob) => {
    const { place, a, b } = await bothTyping(ann, bob);
    await a.evaluate(dm => {
      const make = (tag, parent, all = {}) => parent.appendChild(Object.assign(document.createElement(tag), all));
      const here = document.getElementById('here');
      document.addEventListener('submit', event => event.preventDefault());
      const isIn = make('div', here).attachShadow({ mode: 'closed' });
      isIn.addEventListener('submit', event => event.preventDefault());
      const outer = make('form', here, { id: 'outer' });
      const isAlone = make('div', outer).attachShadow({ mode: 'open' });
      make('form', here, { id: 'tied' });
      const tied = make('input', outer);
      tied.setAttribute('form', 'tied');
      const text = make('div', outer, { contentEditable: 'true' });
      const inner = make('form', isIn);
      /* What the user types into, the form that it belongs to, and one that it does not. */
      const { tied: form } = document.forms;
      window.pairs = [
        [make('input', inner), inner, outer],
        [make('input', isAlone), outer, form],
        [tied, form, outer],
        [text, outer, form],
      ];
      for (const [input] of window.pairs) window.client.attachTyping(dm, input);
    }, place.replace('dm:', ''));
    for (let i = 0; i < 4; i++) {
      await a.evaluate(one => window.pairs[one][0].focus(), i);
      let asked;
      await until(async () => {
        await a.keyboard.press('x');
        asked = await a.evaluate(one => {
          const { fetch } = window, [, own, other] = window.pairs[one], all = [];
          window.fetch = (...request) => (all.push(request[1].method), fetch(...request));
          const asks = form => (form.requestSubmit(), all.splice(0).filter(method => method === 'DELETE').length);
          const both = [asks(other), asks(own)];
          window.fetch = fetch;
          return both;
        }, i);
        return asked.some(Boolean); // unless silence has ended it before
      }, `input ${i} is submitted`);
      assert.deepEqual(asked, [0, 1], `input ${i}`);
      await knows(b, place, '');
    }
    assert.deepEqual([...a.errors, ...b.errors], []);
  });

  it('goes on while there is input, and ends with silence, clearing, blur and hiding', async (ann, bob) => {
    const { place, a, b } = await bothTyping(ann, bob);
    const input = a.locator('#input0');
    let last; // input
    const press = async () => ((last = Date.now()), await input.press('x'), await pause(700), said(a).length > 1);
    await until(press, 'it is said again', 40000);
    assert.equal(await who(b, place), 'u0: typing');
    assert.deepEqual(said(a), ['PUT', 'PUT']);
    await knows(b, place, '', 16000);
    assert.ok(Date.now() - last > 4500, 'it was silence that ended it');
    for (const end of [
      () => input.fill(''),
      () => input.blur(),
      () => setHidden(a, true),
    ]) {
      let ms = Infinity;
      for (let tries = 3; tries > 0 && ms > 4500; tries--) {
        await setHidden(a, false);
        await input.press('y');
        await knows(b, place, 'u0: typing');
        const ends = said(a).length;
        const began = Date.now();
        await end();
        await knows(b, place, '');
        ms = Date.now() - began;
        assert.deepEqual(said(a).slice(ends), ['DELETE']);
      }
      assert.ok(ms < 4500, `it took ${ms} ms; silence would end it after 5 s`);
    }
  });

  it('is not told of what a script writes', async (ann, bob) => {
    const { place, a, b } = await bothTyping(ann, bob);
    await a.evaluate(() => {
      const input = document.getElementById('input0');
      input.focus();
      input.value = 'set';
      input.dispatchEvent(new Event('input', { bubbles: true }));
    });
    await a.locator('#input0').press('Escape');
    await a.locator('#input0').press('z'); // what follows is told
    await knows(b, place, 'u0: typing');
    const told = (await heard(b, 'places')).flat().filter(one => one.place === place);
    assert.deepEqual(told.map(({ count }) => count), [1]);
    assert.deepEqual(said(a), ['PUT']);
    await a.evaluate(() => window.attached[0]());
    await knows(b, place, '');
    await a.locator('#input0').press('z');
    await pause(300);
    assert.deepEqual(said(a), ['PUT', 'DELETE'], 'and nothing once it is detached');
  });

  it('is of each conversation on its own: two at once, and nothing in a third', async (ann, bob, eve) => {
    const pair = await openDm(ann, [bob]);
    const group = await openDm(ann, [bob, eve], { name: 'three' });
    const a = await live(ann);
    const b = await live(bob);
    const e = await live(eve);
    await putInputs(a, pair, group);
    for (const place of [pair, group]) await putLine(b, place);
    await putLine(e, pair);
    await put(b, 'rollcall-dms', {});
    await a.evaluate(() => {
      for (const input of document.querySelectorAll('input')) input.addEventListener('blur', event => event.stopImmediatePropagation());
    });
    await a.locator('#input0').press('x');
    await knows(b, pair, 'u0: typing');
    assert.equal(await who(b, group), '');
    const typing = async () => (await b.locator('rollcall-dms [part=note]').allTextContents()).filter(text => text === 'typing');
    await until(async () => (await a.locator('#input0').press('x'), (await typing()).length > 0), 'its row says so');
    assert.deepEqual(await typing(), ['typing'], 'and no other');
    const second = await open(a.context(), site.page(ann));
    await until(async () => (await own(second)).state === 'live', 'another tab is live');
    await putInputs(second, group);
    await until(async () => {
      for (const page of [second, a]) await page.locator('#input0').press('x');
      return `${await who(b, pair)} ${await who(b, group)}` === 'u0: typing u0: typing';
    }, 'both are told');
    assert.equal(await who(e, pair), '', 'who is not in it is not told');
    assert.deepEqual([...a.errors, ...b.errors, ...second.errors], []);
  });

  it('is announced once a burst that lasts, politely, and its end never', async (ann, bob) => {
    const { place, a, b } = await bothTyping(ann, bob);
    await b.evaluate(() => {
      const status = document.querySelector('rollcall-typing').shadowRoot.querySelector('[role=status]');
      window.announced = [];
      window.bursts = []; // [begin, end] of each
      const record = () => status.textContent && window.announced.push(`${status.ariaLive}: ${status.textContent}`);
      new MutationObserver(record).observe(status, { childList: true, characterData: true, subtree: true });
      window.client.addEventListener('places', ({ detail: [{ count }] }) =>
        count ? window.bursts.push([Date.now()]) : window.bursts.at(-1).push(Date.now()));
    });
    const input = a.locator('#input0');
    /* How long a burst is that WRITE makes, ms, and what is announced meanwhile. */
    const burst = async write => {
      await write();
      await reads(b, place, 'U0 is typing');
      await a.evaluate(() => window.attached[0].stop());
      await reads(b, place, '');
      return b.evaluate(() => {
        const [begin, end] = window.bursts.at(-1);
        return [end - begin, window.announced.splice(0)];
      });
    };
    const short = []; // on a busy machine not all are
    await until(async () => {
      const [ms, announced] = await burst(() => input.press('a'));
      if (ms < 1900) short.push(announced);
      return short.length === 3;
    }, 'three short bursts', 60000);
    assert.deepEqual(short, [[], [], []]);
    let announced;
    await until(async () => {
      const [ms, all] = await burst(() => input.pressSequentially('0123456789', { delay: 300 }));
      announced = all;
      return ms > 2400; // unless the page heard late that it began
    }, 'a burst that lasts');
    assert.deepEqual(announced, ['polite: \u2068U0\u2069 is typing']);
  });

  it('at a place: who is here is shown, up to a number, and not longer than their pages are', async (...people) => {
    const [ann, bob, eve, dan] = people;
    const watching = await live(ann);
    await put(watching, 'rollcall-here', { 'place': '/wiki/A b', 'max': '2', 'watch-only': '' });
    const b = await live(bob);
    await put(b, 'rollcall-here', { place: '/wiki/A b' });
    const namesAsked = page => page.requests.filter(({ what }) => what === 'members').map(({ search }) => search);
    const faces = page => page.locator('rollcall-here [part=face]').evaluateAll(all => all.map(one => one.title));
    await until(async () => (await faces(watching)).length === 1, 'bob is seen');
    assert.equal(await who(watching, '/wiki/A b'), 'u1: viewing', 'who only watches is not there');
    assert.deepEqual(await faces(b), [], 'oneself is left out');
    assert.equal(await b.getByRole('img').count(), 0, 'and nothing is read out in place of nobody');
    assert.deepEqual([await faces(watching), namesAsked(watching)], [['U1'], ['?limit=1000&user=u1']]);
    await site.stack.adm('PUT', `/workspaces/${ann.ws}/members/${bob.user}`, { body: { name: 'Bob' } });
    await until(async () => (await heard(watching, 'refetch')).length > 0, 'a name has changed');
    const more = [];
    for (const person of [eve, dan]) {
      const page = await live(person);
      await page.evaluate(() => { window.leave = window.client.at('/wiki/A b'); });
      more.push(page);
    }
    const rest = watching.locator('rollcall-here [part=more]');
    await until(async () => (await rest.count()) === 1 && (await rest.textContent()) === '+1', 'a third is counted');
    await until(async () => (await faces(watching)).join() === 'Bob,U2', 'two are named');
    assert.ok([watching, b, ...more].flatMap(namesAsked).every(search => /&user=/.test(search)), 'never all');
    await more[0].evaluate(() => window.leave());
    await until(async () => (await rest.count()) === 0, 'until they leave', 7000);
    await more[1].context().close();
    await until(async () => (await faces(watching)).length === 1, 'or their page is gone', 7000);
    await b.locator('rollcall-here').evaluate(one => one.remove());
    await until(async () => (await faces(watching)).length === 0, 'or what they had joined with', 7000);
    assert.deepEqual([...watching.errors, ...b.errors], []);
  });

  it('at a place: any tab may be, the others speak for it, and a tab that leads and goes takes nobody away', async (ann, bob) => {
    const b = await live(bob);
    await b.evaluate(() => window.client.who('t'));
    const first = await live(ann);
    const tab = async () => {
      const page = await open(first.context(), site.page(ann));
      await until(async () => (await own(page)).state === 'live', 'a tab is live');
      await page.evaluate(() => window.client.at('t'));
      await knows(b, 't', 'u0: viewing');
      return page;
    };
    const counts = async () => (await heard(b, 'places')).flat().map(({ count }) => count);
    let [leader, second] = [first, await tab()];
    const third = await tab();
    assert.equal(said(second).length, 0);
    await third.close();
    assert.deepEqual(await counts(), [1]);
    for (let tries = 5, inTime = false; !inTime; tries--) {
      const { length } = await counts();
      const began = Date.now();
      await leader.close();
      await until(async () => said(second).includes('PUT'), 'the next tab says it again');
      inTime = Date.now() - began < 1500 || tries === 1; // not if all stood still while it was to say so
      await pause(2500); // by then it would have ended
      const told = (await counts()).slice(length);
      if (inTime) assert.deepEqual(told, [], 'and nobody saw anything');
      else [leader, second] = [second, await tab()];
    }
    await second.close();
    await knows(b, 't', '');
  });

  await Promise.all(tests);
});
