// SPDX-License-Identifier: ISC
// <rollcall-me>, for those who look, those who listen and those who have only keys.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pause, until } from '../lib/until.mjs';
import { tooWeak } from './lib/contrast.mjs';
import { own, output, sees, startSite, visit } from './lib/site.mjs';
import { tree } from './lib/tree.mjs';

const HOUR_MS = 3600000;
let site, browser;
before(async () => {
  mkdirSync(output, { recursive: true });
  site = await startSite();
  browser = await site.browser();
});
after(() => site.stop());

const button = page => page.locator('rollcall-me [part=button]');
const menu = page => page.locator('rollcall-me [part=menu]');
const dialog = page => page.locator('rollcall-me dialog');
const item = (page, name) => menu(page).locator('[part=item]').filter({ hasText: name });
const press = async (page, ...keys) => {
  for (const key of keys) await page.keyboard.press(key);
};
const me = page => page.evaluate(() => window.client.me);
const isSo = (page, test, what) => until(async () => test((await me(page)) ?? {}), what);

/** What has the focus: the name of an item of the menu, of a field, or 'button'. */
const focused = page =>
  page.evaluate(() => {
    const inner = document.activeElement.shadowRoot?.activeElement;
    if (!inner) return document.activeElement.localName;
    return inner.firstElementChild && inner.getAttribute('part') === 'item'
      ? inner.firstElementChild.textContent
      : (inner.name ?? inner.getAttribute('part')) || inner.getAttribute('part');
  });

/** A page of PERSON with the menu, once the client knows what they have said. */
async function visitMenu(person, options, shown = {}) {
  const page = await visit(browser, 'about:blank', { locale: 'en-GB', ...options });
  await page.goto(site.page(person, { lists: ['rollcall-me'], ...shown }));
  await until(async () => (await own(page)).state === 'live' && (await me(page)), 'it knows what was said');
  await button(page).waitFor();
  return page;
}

/** Chooses the item NAME of PAGE's menu by the mouse; resolves once the menu is closed. */
async function choose(page, name) {
  await button(page).click();
  await item(page, name).click();
  await until(async () => !(await menu(page).isVisible()), `"${name}" is saved`);
}

const put = async (person, what, body) => {
  const { status, body: answer } = await person.ask('PUT', `me/${what}`, { body });
  assert.ok(status < 300, JSON.stringify(answer));
  return answer;
};

test('menu', { concurrency: 4 }, async suite => {
  const tests = [];
  const it = (name, run) => tests.push(suite.test(name, async () => run(...(await site.stack.room(2)))));

  it('the keys of a menu button: Enter, Space and arrows open it; arrows, Home, End and letters move; Escape and Tab leave', async ann => {
    const page = await visitMenu(ann);
    await page.evaluate(() => document.getElementById('here').append(Object.assign(document.createElement('button'), { id: 'next' })));
    await press(page, 'Tab');
    assert.equal(await focused(page), 'button');
    for (const [key, first] of [['Enter', 'Automatic'], [' ', 'Automatic'], ['ArrowDown', 'Automatic'], ['ArrowUp', 'Message and clear after…']]) {
      await press(page, key);
      assert.equal(await focused(page), first, key);
      assert.equal(await button(page).getAttribute('aria-expanded'), 'true');
      await press(page, 'Escape');
      assert.deepEqual([await focused(page), await menu(page).isVisible()], ['button', false], key);
      assert.equal(await button(page).getAttribute('aria-expanded'), 'false');
    }
    await press(page, 'Enter');
    const moves = [
      ['ArrowDown', 'Away'], ['ArrowDown', 'Invisible'], ['ArrowDown', 'Do not disturb'], ['End', 'Message and clear after…'],
      ['ArrowDown', 'Automatic'], ['ArrowUp', 'Message and clear after…'], ['Home', 'Automatic'], ['d', 'Do not disturb'],
    ];
    for (const [key, name] of moves) {
      await press(page, key);
      assert.equal(await focused(page), name, key);
    }
    await page.evaluate(() => addEventListener('keydown', () => { window.pressedAt = [window.pressedAt?.[1], Date.now()]; }, true));
    await until(async () => {
      await press(page, 'End', 'a', 'w');
      const [a, w] = await page.evaluate(() => window.pressedAt);
      return w - a < 600; // later than that w begins another name
    }, 'both letters are typed at once');
    assert.equal(await focused(page), 'Away', 'aw');
    for (const name of ['Automatic', 'Away', 'Automatic']) {
      await pause(800); // letters after that begin another name
      await press(page, 'a');
      assert.equal(await focused(page), name, 'a');
    }
    await press(page, 'ArrowDown');
    await press(page, 'Tab');
    assert.deepEqual([await menu(page).isVisible(), await page.evaluate(() => document.activeElement.id)], [false, 'next']);
    await button(page).click();
    await page.mouse.click(5, 5);
    assert.equal(await menu(page).isVisible(), false, 'a click elsewhere closes it');
    assert.deepEqual(page.errors, []);
  });

  it('Enter chooses and closes, Space chooses and stays; what is checked is what counts', async (ann, bob) => {
    const page = await visitMenu(ann);
    const other = await visit(browser, site.page(bob, { dots: [ann.user] }));
    await sees(other, ann.user, 'active');
    const checked = () => menu(page).locator('[aria-checked=true] > span:first-child').allTextContents();
    await press(page, 'Tab', 'Enter', 'ArrowDown', 'Enter');
    await sees(other, ann.user, 'away');
    await until(async () => !(await menu(page).isVisible()), 'it is closed');
    assert.equal(await focused(page), 'button');
    await press(page, 'Enter');
    assert.deepEqual(await checked(), ['Away']);
    await press(page, 'd', ' ');
    await until(async () => (await checked()).join() === 'Away,Do not disturb', 'it is checked');
    assert.ok(await menu(page).isVisible());
    await until(() => other.locator('rollcall-dot[dnd][status=away]').count(), 'the other sees both');
    await press(page, ' ');
    await until(async () => (await checked()).join() === 'Away', 'it is not checked any more');
    await press(page, 'Home', 'Enter');
    await sees(other, ann.user, 'active');
    await isSo(page, ({ layers: [base] }) => base.show === 'auto', 'the page is answered, too');
    assert.deepEqual((await me(page)).layers.map(({ layer, show, dnd }) => [layer, show, dnd]), [['base', 'auto', false]]);
  });

  it('readers hear the button, the menu and what is checked', async ann => {
    await put(ann, 'status', { dnd: true, text: 'at home', emoji: '🏠' });
    const page = await visitMenu(ann);
    const name = 'Your status: Active, do not disturb, 🏠 at home';
    const ofButton = async () => (await tree(page)).find(({ role, hasPopup }) => role === 'button' && hasPopup === 'menu');
    await until(async () => (await ofButton())?.name.includes(name), 'the button says the status');
    assert.equal((await ofButton()).expanded, false);
    await button(page).click();
    const nodes = await tree(page);
    assert.equal((await ofButton()).expanded, true);
    assert.ok(nodes.some(({ role, name: of }) => role === 'menu' && of === 'Your status'));
    assert.ok(nodes.some(({ role, name: of }) => role === 'group' && of === 'Show me as'));
    const items = nodes.filter(({ role }) => role.startsWith('menuitem')).map(node => [node.role, node.name, node.checked]);
    assert.deepEqual(items, [
      ['menuitemradio', 'Automatic', 'true'],
      ['menuitemradio', 'Away', 'false'],
      ['menuitemradio', 'Invisible You appear offline', 'false'],
      ['menuitemcheckbox', 'Do not disturb', 'true'],
      ['menuitem', 'Message and clear after… 🏠 at home', undefined],
      ['menuitem', 'Clear message', undefined],
    ]);
    assert.ok(nodes.some(({ role, name: of, focused: has }) => role === 'menuitemradio' && of === 'Automatic' && has));
  });

  it('a message for an hour is set and taken back by keys alone', async (ann, bob) => {
    const page = await visitMenu(ann);
    const other = await visit(browser, site.page(bob, { lists: ['rollcall-status'], users: [ann.user] }));
    await press(page, 'Tab', 'Enter', 'm', 'Enter');
    assert.equal(await focused(page), 'text');
    const { role, name, modal } = (await tree(page)).find(one => one.role === 'dialog');
    assert.deepEqual([role, name, modal], ['dialog', 'Your status', true]);
    await page.keyboard.type('in a meeting');
    await press(page, 'Shift+Tab');
    assert.equal(await focused(page), 'emoji');
    await page.keyboard.type('📅');
    await press(page, 'Tab', 'Tab', 'Tab', 'Tab');
    assert.equal(await focused(page), 'end');
    await press(page, '1'); // 1 hour
    await press(page, 'Enter');
    await page.getByRole('button', { name: 'Save' }).press('Enter');
    await until(async () => (await other.locator('rollcall-status span').textContent()) === '📅in a meeting', 'the other reads it');
    await until(async () => !(await dialog(page).isVisible()), 'it is closed');
    assert.equal(await focused(page), 'button');
    const { until: end, now, layers } = await me(page);
    assert.ok(Math.abs(end - now - HOUR_MS) < 5000, `${end - now} ms`);
    assert.deepEqual(layers.map(({ layer }) => layer), ['temporary']);
    const title = await other.evaluate(ms => `until ${new Date(ms).toLocaleString([], { timeStyle: 'short' })}`, end);
    await other.locator('rollcall-status').hover();
    assert.ok((await other.locator('rollcall-status span').getAttribute('title')).endsWith(title.slice(-5)));
    await press(page, 'Enter', 'c', 'Enter');
    await until(async () => (await other.locator('rollcall-status span').textContent()) === '', 'it is gone');
    await isSo(page, ({ text }) => !text, 'the page knows');
    assert.deepEqual([...page.errors, ...other.errors], []);
  });

  it('Escape leaves the dialog without saving, and the focus returns', async ann => {
    const page = await visitMenu(ann);
    await press(page, 'Tab', 'Enter', 'm', 'Enter');
    await page.keyboard.type('not this');
    await press(page, 'Escape');
    await until(async () => !(await dialog(page).isVisible()), 'it is closed');
    assert.equal(await focused(page), 'button');
    await press(page, 'Enter', 'm', 'Enter');
    assert.equal(await dialog(page).locator('[name=text]').inputValue(), '');
    assert.equal((await me(page)).rev, 0);
  });

  it('invisible is offline for others, and the button says that', async (ann, bob) => {
    const page = await visitMenu(ann);
    const other = await bob.follow();
    await bob.join();
    await choose(page, 'Invisible');
    await other.saw(ann.user, 'offline');
    await until(async () => /Your status: Invisible$/.test(await button(page).textContent()), 'the button says so');
    await until(() => page.locator('rollcall-me rollcall-dot[status=offline]').count(), 'and so does its dot');
    await other.stop();
  });

  it('what is chosen without an end leaves a message with one as it is', async ann => {
    await put(ann, 'status', { text: 'lunch', for: 1800 });
    const page = await visitMenu(ann);
    const { until: end } = await me(page);
    await choose(page, 'Away');
    await isSo(page, ({ layers }) => layers.length === 2, 'both are said');
    const { layers, text, until: same } = await me(page);
    const [base, temporary] = layers;
    assert.deepEqual([text, same, base.show, base.until, temporary.show], ['lunch', end, 'away', undefined, undefined]);
    await choose(page, 'Clear message');
    await isSo(page, ({ text: now }) => !now, 'the message is gone');
    assert.equal((await me(page)).layers[0].show, 'away');
  });

  it('an invisible user is not seen for a moment when something else is changed', async (ann, bob) => {
    await ann.join();
    await put(ann, 'status', { show: 'invisible', dnd: true, for: 3600 });
    const page = await visitMenu(ann);
    const watcher = await bob.follow();
    await choose(page, 'Do not disturb');
    await isSo(page, ({ dnd, invisible }) => !dnd && invisible, 'dnd is off');
    await watcher.saw(ann.user, 'offline'); // of the dnd
    assert.deepEqual([...new Set(watcher.told(ann.user))], ['offline']);
    await watcher.stop();
  });

  it('what a claim says is covered for as long as the claim lasts', async ann => {
    await put(ann, 'claims/call', { dnd: true, text: 'In a call', for: 600 });
    const page = await visitMenu(ann);
    const { layers: [{ until: end }] } = await me(page);
    await choose(page, 'Do not disturb');
    await isSo(page, ({ dnd, text }) => !dnd && text === 'In a call', 'dnd is off, the rest stays');
    await choose(page, 'Clear message');
    await isSo(page, ({ dnd, text }) => !dnd && !text, 'the message, too');
    const temporary = (await me(page)).layers.find(({ layer }) => layer === 'temporary');
    assert.deepEqual([temporary.dnd, temporary.text, temporary.until], [false, '', end]);
  });

  it('says that the workspace does not allow it, or that nothing was saved', async ann => {
    await site.stack.adm('PUT', `/workspaces/${ann.ws}`, { body: { invisible: 'forbidden' } });
    const page = await visitMenu(ann);
    const problem = menu(page).locator('[part=problem]');
    await button(page).click();
    await item(page, 'Invisible').click();
    await until(async () => (await problem.textContent()) === 'This workspace does not allow that. Ask its administrator.', 'it says so');
    assert.ok((await tree(page)).some(({ role }) => role === 'alert'));
    await page.route('**/me/status', route => route.fulfill({ status: 503, body: '{}' }));
    await item(page, 'Away').click();
    await until(async () => (await problem.textContent()).startsWith('Not saved.'), 'it says that, too');
    await page.unroute('**/me/status');
    await item(page, 'Away').click();
    await isSo(page, ({ shown }) => shown === 'away', 'then it works');
    await until(async () => !(await menu(page).isVisible()), 'and closes');
  });

  it('today ends at the next midnight of the user\'s clock, and the week with its last day', async ann => {
    const page = await visitMenu(ann, { timezoneId: 'Pacific/Auckland' });
    const ends = (name, ...times) =>
      page.evaluate(
        async ([what, all]) => {
          const { midnight, weekEnd } = await import('./rollcall-manual.js');
          return all.map(at => new Date({ midnight, weekEnd }[what](...[at].flat())).toISOString());
        },
        [name, times.map(time => [time].flat().map(one => (/^\d/.test(one) ? Date.parse(one) : one)))],
      );
    assert.deepEqual(
      await ends('midnight', '2026-06-10T23:30+12:00', '2026-04-05T00:30+13:00', '2026-09-27T00:30+12:00', '2026-12-31T23:59:59.999+13:00'),
      ['2026-06-10T12:00:00.000Z', '2026-04-05T12:00:00.000Z', '2026-09-27T11:00:00.000Z', '2026-12-31T11:00:00.000Z'],
    );
    // A Wednesday; weeks end on Sunday in Germany, on Saturday in the USA, on Friday in Egypt.
    const wednesday = '2026-06-10T23:30+12:00';
    assert.deepEqual(
      await ends('weekEnd', [wednesday, 'de'], [wednesday, 'en-US'], [wednesday, 'ar-EG'], ['2026-06-14T10:00+12:00', 'de']),
      ['2026-06-14T12:00:00.000Z', '2026-06-13T12:00:00.000Z', '2026-06-12T12:00:00.000Z', '2026-06-14T12:00:00.000Z'],
    );
    await page.context().close();
    const cairo = await visitMenu(ann, { timezoneId: 'Africa/Cairo' });
    const gap = await cairo.evaluate(async at => {
      const { midnight } = await import('./rollcall-manual.js');
      return new Date(midnight(at)).toISOString();
    }, Date.parse('2026-04-23T23:30+02:00'));
    assert.equal(gap, '2026-04-23T22:00:00.000Z', 'the clock goes from midnight to 1:00');
  });

  it('each choice of "Clear after" is an end that the server takes', async ann => {
    const page = await visitMenu(ann, { timezoneId: 'Pacific/Auckland' });
    const choose = async (choice, day) => {
      await button(page).click();
      await item(page, 'Message and clear').click();
      await dialog(page).locator('[name=text]').fill(`until ${choice}`);
      await dialog(page).locator('[name=end]').selectOption(choice);
      if (day) await dialog(page).locator('[name=day]').fill(day);
      await page.getByRole('button', { name: 'Save' }).click();
      await isSo(page, ({ text }) => text === `until ${choice}`, choice);
      await until(async () => !(await dialog(page).isVisible()), 'it is closed');
      return me(page);
    };
    for (const seconds of [1800, 3600, 14400]) {
      const { until: end, now } = await choose(String(seconds));
      assert.ok(Math.abs(end - now - seconds * 1000) < 5000, `${seconds} s`);
    }
    const atMidnight = ms => page.evaluate(at => new Date(at).toTimeString().slice(0, 8), ms);
    const { until: today, now } = await choose('today');
    assert.deepEqual([await atMidnight(today), today > now, today - now <= 25 * HOUR_MS], ['00:00:00', true, true]);
    const { until: week } = await choose('week');
    assert.deepEqual([await atMidnight(week), week >= today, week - now <= 8 * 24 * HOUR_MS], ['00:00:00', true, true]);
    const day = new Date(now + 60 * 24 * HOUR_MS).toISOString().slice(0, 10);
    const { until: date } = await choose('date', day);
    const last = await page.evaluate(at => new Date(at - 1).toLocaleDateString('sv'), date);
    assert.deepEqual([await atMidnight(date), last], ['00:00:00', day], 'that day is the last one');
    const { until: kept } = await choose('kept');
    assert.equal(kept, date);
    const { until: never, layers } = await choose('never');
    assert.deepEqual([never, layers.map(({ layer }) => layer)], [undefined, ['base']]);
  });

  it('a message that is too long is not sent', async ann => {
    const page = await visitMenu(ann);
    await press(page, 'Tab', 'Enter', 'm', 'Enter');
    const text = dialog(page).locator('[name=text]');
    await text.fill('🏠'.repeat(101));
    await press(page, 'Enter');
    assert.equal(await text.evaluate(input => input.validationMessage), 'At most 100 characters');
    assert.ok(await dialog(page).isVisible());
    await text.fill('🏠'.repeat(100));
    await press(page, 'Enter');
    await isSo(page, ({ text: now }) => now === '🏠'.repeat(100), 'none of 100 is cut');
  });

  const looks = {
    light: { viewport: { width: 800, height: 600 } },
    dark: { viewport: { width: 800, height: 600 }, colorScheme: 'dark' },
    phone: { viewport: { width: 360, height: 640 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true },
    forced: { viewport: { width: 800, height: 600 }, forcedColors: 'active', reducedMotion: 'reduce' },
    rtl: { viewport: { width: 800, height: 600 } },
  };
  for (const [name, options] of Object.entries(looks)) {
    it(`it is looked at: ${name}`, async ann => {
      await put(ann, 'status', { text: 'x'.repeat(100), emoji: '🏠', dnd: true, for: 86400 });
      const page = await visitMenu(ann, options);
      await page.evaluate(
        ([dir, isPhone, isDark]) => {
          Object.assign(document.documentElement, { dir });
          if (isDark) Object.assign(document.documentElement.style, { colorScheme: 'dark', background: '#181c22' });
          const meta = Object.assign(document.createElement('meta'), { name: 'viewport', content: 'width=device-width' });
          if (isPhone) document.head.append(meta);
        },
        [name === 'rtl' ? 'rtl' : 'ltr', name === 'phone', name === 'dark'],
      );
      await button(page).click();
      await page.screenshot({ path: join(output, `menu-${name}.png`) });
      const inside = async place => {
        const { x, y, width, height } = await place.boundingBox();
        const { width: w, height: h } = options.viewport;
        return x >= 0 && y >= 0 && x + width <= w + 0.5 && y + height <= h + 0.5;
      };
      assert.ok(await inside(menu(page)), 'the menu is on the screen');
      assert.deepEqual(await tooWeak(page), [], 'it can be read');
      await item(page, 'Message and clear').click();
      await dialog(page).locator('[name=end]').selectOption('date');
      await page.screenshot({ path: join(output, `menu-${name}-dialog.png`) });
      assert.ok(await inside(dialog(page)), 'the dialog, too');
      assert.deepEqual(await tooWeak(page), []);
      assert.deepEqual(page.errors, []);
      await page.context().close();
    });
  }

  it('its words can be translated', async ann => {
    const page = await visit(browser, 'about:blank');
    await page.goto(site.page(ann));
    await page.evaluate(() => {
      Object.assign(window.Rollcall.labels, { mine: 'Dein Status', auto: 'Automatisch', dnd: 'bitte nicht stören' });
      document.body.append(document.createElement('rollcall-me'));
    });
    await button(page).click();
    assert.deepEqual((await menu(page).locator('[part=item] > span:first-child').allTextContents()).slice(0, 1), ['Automatisch']);
    assert.equal(await item(page, 'Bitte nicht stören').count(), 1);
    assert.equal(await menu(page).getAttribute('aria-label'), 'Dein Status');
  });

  await Promise.all(tests);
});
