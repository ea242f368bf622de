// SPDX-License-Identifier: ISC
// Lists of people and conversations, for those who look, those who listen and those who have only keys.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { quickOnce, until } from '../lib/until.mjs';
import { tooWeak } from './lib/contrast.mjs';
import { own, sees, startSite, visit } from './lib/site.mjs';
import { tree } from './lib/tree.mjs';

let site, browser;
before(async () => {
  site = await startSite();
  browser = await site.browser();
});
after(() => site.stop());

const put = (ws, user, name, role) =>
  site.stack.adm('PUT', `/workspaces/${ws}/members/${encodeURIComponent(user)}`, { body: { name, role } });

async function addMany(ws, people) {
  const made = await site.stack.adm('POST', `/workspaces/${ws}/members`, {
    body: people.map(([user, name]) => JSON.stringify({ user, name })).join('\n'),
    headers: { 'Content-Type': 'application/x-ndjson' },
  });
  assert.equal(made.body.added, people.length);
}

const list = page => page.locator('rollcall-members, rollcall-dms').first();
const items = page => list(page).locator('[part=item]');
const message = page => list(page).locator('[part=message]');
const names = page => list(page).locator('[part=name]').allTextContents();
const set = (page, name, value) => list(page).evaluate((element, pair) => element.setAttribute(...pair), [name, value]);
const shows = (page, count) => until(async () => (await items(page).count()) === count, `${count} rows`);

/** What was heard of `count` so far: ['3 of 4', ...]. */
async function countsOf(page) {
  return list(page).evaluate(element => {
    window.counts ??=
      (element.addEventListener('count', ({ detail }) => window.counts.push(`${detail.shown} of ${detail.of}`)), []);
    return window.counts;
  });
}

/** The text of the row that has the focus, or of what else has it in the list. */
const focused = page =>
  page.evaluate(() => {
    const inner = document.activeElement.shadowRoot?.activeElement;
    return (inner?.querySelector('[part=name]') ?? inner)?.textContent ?? document.activeElement.localName;
  });

async function visitList(person, options, shown = {}) {
  const page = await visit(browser, site.page(person, { lists: ['rollcall-members'], ...shown }), options);
  return page;
}

test('lists', { concurrency: 4 }, async suite => {
  const tests = [];
  const it = (name, run) => tests.push(suite.test(name, async () => run(...(await site.stack.room(4)))));

  it('a filter that finds nobody says so, and to readers how many it finds', async ann => {
    const page = await visitList(ann);
    await shows(page, 4);
    await countsOf(page);
    await set(page, 'filter', 'zzz');
    await until(async () => (await message(page).textContent()) === 'No member matches “zzz”.', 'it says so');
    assert.deepEqual(await countsOf(page), ['0 of 4']);
    assert.ok(await message(page).isVisible());
    const status = (await tree(page)).find(({ role }) => role === 'status');
    assert.equal(status.live, 'polite');
    await set(page, 'filter', 'u1');
    await until(async () => (await message(page).textContent()) === '1 of 4', 'readers hear how many');
    assert.deepEqual(await countsOf(page), ['0 of 4', '1 of 4']);
    await set(page, 'filter', '');
    await shows(page, 4);
    await until(async () => (await message(page).textContent()) === '', 'nothing more to say');
  });

  it('a name is found whatever the accents, case and composition of what is typed', async ann => {
    const found = {
      'Nguyễn Thị Hạnh': ['nguyen', 'HANH', 'thi hanh', 'Nguyễn'.normalize('NFD')],
      'Jürgen Weiß': ['jurgen w', 'Weiss', 'WEISS', 'WEIẞ', 'weiß', 'weiss jurgen'],
      'Łukasz Żółć': ['lukasz', 'zolc', 'ŁUKASZ'],
      'Søren Ærø': ['soren', 'aero', 'sØren'],
      'IŞIL Yıldız': ['isil', 'ışıl', 'yildiz', 'YILDIZ', 'Işıl'],
      'İbrahim Çelik': ['ibrahim', 'İBRAHİM', 'celik'],
      'Σοφία Παπαδόπουλος': ['σοφια', 'ΠΑΠΑΔΟΠΟΥΛΟΣ', 'παπαδοπουλοσ'],
      'Артём Ёлкин': ['артем', 'ЕЛКИН'],
      'فَاطِمَة الزهراء': ['فاطمة', 'فاطمه'],
      'अनन्या शर्मा': ['अनन्या', 'शर्मा'],
      'Zoë O’Neill': ["zoe o'neill", 'ZOE'],
      김민준: ['김민', '김민준'.normalize('NFD')],
      'Ｆｕｌｌ Width': ['full'],
    };
    await addMany(
      ann.ws,
      Object.keys(found).map((name, i) => [`p-${i}`, name.normalize(i % 2 ? 'NFD' : 'NFC')]),
    );
    const page = await visitList(ann);
    await until(async () => (await items(page).count()) > 10, 'all are listed');
    for (const [name, queries] of Object.entries(found))
      for (const query of queries) {
        await set(page, 'filter', query);
        assert.deepEqual(
          (await names(page)).map(one => one.normalize()),
          [name.normalize()],
          `"${query}"`,
        );
      }
    await set(page, 'filter', 'शर्मी');
    assert.equal(await items(page).count(), 0, 'a vowel sign is not an accent');
  });

  it('names of either direction begin where rows do and lose their end; notes are not turned', async (ann, bob, carl, dora) => {
    const long = 'فاطمة الزهراء بنت محمد بن عبد الله بن عبد المطلب';
    const wide = 'Wolfeschlegelsteinhausenbergerdorff the Younger';
    await put(ann.ws, bob.user, long, 'admin');
    await put(ann.ws, carl.user, wide, 'admin');
    await put(ann.ws, dora.user, 'فاطمة', 'admin');
    const look = page =>
      items(page).evaluateAll(all =>
        all.map(item => {
          const bdi = item.querySelector('bdi');
          const range = document.createRange();
          const at = (node, i) => (range.setStart(node, i), range.setEnd(node, i + 1), range.getBoundingClientRect());
          const box = bdi.getBoundingClientRect();
          const first = at(bdi.firstChild, 0);
          const last = at(bdi.firstChild, bdi.textContent.length - 1);
          const note = item.querySelector('[part=note]');
          const isIn = ({ left, right }) => left >= box.left - 1 && right <= box.right + 1;
          return {
            name: bdi.textContent,
            left: box.left,
            right: box.right,
            begins: isIn(first),
            ends: isIn(last),
            note:
              note.textContent && at(note.firstChild, 0).left < at(note.firstChild, note.textContent.length - 1).left,
          };
        }),
      );
    for (const [dir, edge] of [
      ['ltr', 'left'],
      ['rtl', 'right'],
    ]) {
      const page = await visitList(ann);
      await page.evaluate(to => {
        document.documentElement.dir = to;
        document.querySelector('rollcall-members').style.width = '240px';
      }, dir);
      await shows(page, 4);
      await until(async () => (await names(page)).includes(long), 'the names are known');
      const rows = await look(page);
      assert.equal(
        new Set(rows.map(row => Math.round(row[edge]))).size,
        1,
        `aligned in ${dir}: ${JSON.stringify(rows)}`,
      );
      for (const { name, begins, ends, note } of rows) {
        assert.ok(begins, `the beginning of ${name} in ${dir}`);
        assert.equal(ends, ![long, wide].includes(name), `the end of ${name} in ${dir}`);
        assert.ok(note, `the note of ${name} in ${dir}`);
      }
    }
  });

  it('a note of numbers and words keeps its order from right to left', async (ann, bob, carl, dora) => {
    await ann.ask('POST', 'dms', { body: { participants: [bob.user, carl.user, dora.user], name: 'غداء' } });
    await bob.join();
    const page = await visit(browser, site.page(ann, { lists: ['rollcall-dms'] }));
    await page.evaluate(() => (document.documentElement.dir = 'rtl'));
    const note = list(page).locator('[part=note]');
    await until(async () => (await note.textContent()) === '1 of 3 here', 'one of three');
    const [one, here] = await note.evaluate(({ firstChild }) =>
      [0, 7].map(i => {
        const range = document.createRange();
        range.setStart(firstChild, i);
        range.setEnd(firstChild, i + 1);
        return range.getBoundingClientRect().left;
      }),
    );
    assert.ok(one < here, 'it reads from the left');
  });

  it('a row has the emoji after the name and the message as its note; who is offline, too', async (ann, bob, carl, dora) => {
    await bob.join();
    const say = (person, body) => person.ask('PUT', 'me/status', { body });
    await say(bob, { text: 'in a <i>meeting</i>', emoji: '📅', dnd: true, for: 600 });
    await say(carl, { text: '\u202eon leave', emoji: ':palm_tree:' });
    await ann.ask('POST', 'dms', { body: { participants: [bob.user] } });
    for (const name of ['rollcall-members', 'rollcall-dms']) {
      const page = await visitList(ann, { locale: 'en-GB' }, { lists: [name] });
      const row = user => items(page).filter({ has: page.locator(`rollcall-dot[user="${user}"]`) });
      const label = user => row(user).getAttribute('aria-label');
      const said = `${bob.user.toUpperCase()}, active, do not disturb, 📅, in a <i>meeting</i>`;
      await until(async () => (await label(bob.user)) === said, 'readers hear all of it');
      assert.equal(await row(bob.user).locator('[part=emoji]').textContent(), '📅');
      assert.equal(await row(bob.user).locator('[part=note]').textContent(), 'in a <i>meeting</i>');
      assert.match(await row(bob.user).locator('[part=note]').getAttribute('title'), /^until (\d+ \w+ \d{4}, )?\d\d:\d\d$/); // with the day just before midnight
      assert.equal(await row(bob.user).locator('rollcall-dot[dnd]').count(), 1);
      if (name === 'rollcall-dms') continue;
      assert.match(await label(carl.user), /, offline, :palm_tree:, .on leave$/);
      const { bidi, height } = await row(carl.user).evaluate(one => ({
        bidi: getComputedStyle(one.querySelector('[part=note]')).unicodeBidi,
        height: one.getBoundingClientRect().height,
      }));
      assert.deepEqual([bidi, height], ['isolate', 40], 'it turns nothing around, and takes one line');
      assert.equal(await label(dora.user), `${dora.user.toUpperCase()}, offline`);
    }
  });

  it('says how long ago those who are offline were here, and keeps up', async (ann, bob, carl) => {
    const { session } = await bob.join();
    await bob.leaveNow(session);
    const { since } = await ann.entryOf(bob.user);
    const page = await visit(browser, 'about:blank');
    await page.clock.install();
    await page.goto(site.page(ann, { lists: ['rollcall-members'] }));
    const note = user =>
      items(page)
        .filter({ has: page.locator(`rollcall-dot[user="${user}"]`) })
        .locator('[part=note]')
        .textContent();
    await until(async () => (await note(bob.user)) === 'last seen 1 minute ago', 'it says so');
    assert.equal(await note(carl.user), '', 'who was never here was not seen');
    for (const [minutes, said] of [[20, '20 minutes'], [60, '1 hour'], [47 * 60, '1 day'], [20160, '2 weeks']]) {
      await page.evaluate(now => { // that long after, however long the test takes
        Object.defineProperty(window.client, 'now', { get: () => now, configurable: true });
      }, since + minutes * 60000);
      await page.clock.fastForward(31000); // requests under way are not timed out by it
      await until(async () => (await note(bob.user)) === `last seen ${said} ago`, said);
    }
    await bob.join();
    await until(async () => (await note(bob.user)) === '', 'bob is here');
    await site.stack.adm('PUT', `/workspaces/${ann.ws}`, { body: { last_seen: 'hidden' } });
    assert.deepEqual(page.errors, []);
  });

  it('those online come first, under headings, and move when they come and go', async (ann, bob, carl, dora) => {
    await carl.join({ status: 'away' });
    const page = await visitList(ann);
    const heard = async () =>
      (await tree(page)).filter(({ role }) => /heading|listitem/.test(role)).map(({ name }) => name);
    await until(async () => {
      assert.deepEqual(await heard(), [
        'Online 2',
        'U0, active, you',
        'U2, away',
        'Offline 2',
        'U1, offline',
        'U3, offline',
      ]);
      return true;
    }, 'two and two');
    await bob.join();
    await until(async () => {
      assert.deepEqual(await heard(), [
        'Online 3',
        'U0, active, you',
        'U1, active',
        'U2, away',
        'Offline 1',
        'U3, offline',
      ]);
      return true;
    }, 'bob has come up');
    await dora.join();
    await until(
      async () => (await heard()).join() === 'Online 4,U0, active, you,U1, active,U2, away,U3, active',
      'all are here',
    );
    assert.deepEqual(page.errors, []);
  });

  it('of a conversation of several it tells how many are here, or else away', async (ann, bob, carl, dora) => {
    await ann.ask('POST', 'dms', { body: { participants: [bob.user, carl.user, dora.user] } });
    const page = await visit(browser, site.page(ann, { lists: ['rollcall-dms'] }));
    const note = list(page).locator('[part=note]');
    await until(async () => (await note.textContent()) === '0 of 3 here', 'nobody');
    await bob.join({ status: 'away' });
    await carl.join({ status: 'away' });
    await until(async () => (await note.textContent()) === '2 away', 'two are away');
    assert.equal(await list(page).locator('rollcall-dot').getAttribute('status'), 'away');
    await dora.join();
    await until(async () => (await note.textContent()) === '1 of 3 here', 'one is here');
    assert.ok((await tree(page)).some(({ name }) => name === 'U1, U2, U3, 1 of 3 here'));
  });

  it('an avatar has initials, and the dot at its corner, in either direction', async (ann, bob) => {
    await put(ann.ws, bob.user, 'Bob Ångström');
    for (const dir of ['ltr', 'rtl']) {
      const page = await visitList(ann);
      await page.evaluate(to => (document.documentElement.dir = to), dir);
      await sees(page, bob.user, 'offline');
      const row = items(page).filter({ hasText: 'Bob' });
      assert.equal(await row.locator('[part=avatar]').textContent(), 'BÅ');
      const box = await row.locator('[part=avatar]').boundingBox();
      const dot = await row.locator('rollcall-dot').boundingBox();
      assert.ok(Math.abs(box.y + box.height - dot.y - dot.height) < 1);
      if (dir === 'ltr') assert.ok(Math.abs(box.x + box.width - dot.x - dot.width) < 1);
      else assert.ok(Math.abs(box.x - dot.x) < 1);
      assert.deepEqual(await tooWeak(page), []);
    }
  });

  it('only rows that lead somewhere answer to the pointer', async (ann, bob, carl) => {
    const page = await visitList(ann);
    await shows(page, 4);
    const row = items(page).nth(1).locator('[part~=row]');
    const background = () => row.evaluate(element => getComputedStyle(element).backgroundColor);
    const before = await background();
    await row.hover();
    assert.equal(await background(), before);
    await set(page, 'href', '#to/{id}');
    await set(page, 'current', carl.user);
    await row.hover();
    assert.notEqual(await background(), before);
    assert.ok((await tree(page)).some(({ role, name }) => role === 'link' && name.startsWith('U1, ')));
    await row.click();
    await page.waitForURL(/#to\/./);
    const current = list(page).locator('[aria-current=true]');
    assert.equal(await current.getAttribute('href'), `#to/${carl.user}`);
    assert.equal(await current.count(), 1);
  });

  it('is a group with a name, and one stop of the Tab key; arrows, Home, End and letters move within it', async ann => {
    const people = ['Ann', 'Anton', 'Bea', 'user2', 'user10', 'user1', 'Åsa', 'Zoë'].map((name, i) => [`p-${i}`, name]);
    await addMany(ann.ws, people);
    for (const href of ['', '/people/{id}']) {
      const page = await visitList(ann);
      await set(page, 'href', href);
      await shows(page, 12);
      await page.evaluate(() => {
        const button = () => Object.assign(document.createElement('button'), { textContent: 'button' });
        document.querySelector('#here').prepend(button());
        document.querySelector('#here').append(button());
        document.querySelector('button').focus();
      });
      assert.ok((await tree(page)).some(({ role, name }) => role === 'group' && name === 'Members'));
      const press = async key => (await page.keyboard.press(key), focused(page));
      assert.equal(await press('Tab'), 'U0');
      const ring = await page.evaluate(() => {
        const host = document.activeElement;
        const inner = host.shadowRoot.activeElement;
        const row = inner.matches('[part~=row]') ? inner : inner.querySelector('[part~=row]');
        const { outlineStyle, outlineOffset, outlineWidth } = getComputedStyle(row);
        const [inside, outside] = [row, host].map(one => one.getBoundingClientRect());
        const isInside = inside.left >= outside.left && inside.right <= outside.right && inside.top >= outside.top;
        return { outlineStyle, isInside: isInside && parseFloat(outlineOffset) + parseFloat(outlineWidth) <= 0 };
      });
      assert.deepEqual(ring, { outlineStyle: 'solid', isInside: true });
      assert.equal(await press('ArrowDown'), 'Ann');
      assert.equal(await press('ArrowDown'), 'Anton');
      assert.equal(await press('ArrowUp'), 'Ann');
      assert.equal(await press('End'), 'Zoë');
      assert.equal(await press('ArrowDown'), 'Zoë');
      assert.equal(await press('Home'), 'U0');
      assert.equal(await press('PageDown').then(() => press('PageUp')), 'U0');
      await page.clock.install();
      await page.clock.pauseAt(Date.now() + 60000);
      assert.equal(await press('a'), 'Ann');
      await page.keyboard.press('n');
      assert.equal(await press('t'), 'Anton', 'letters that come together belong together');
      await page.clock.runFor(1000);
      assert.equal(await press('a'), 'Åsa', 'the next one');
      assert.equal(await press('Tab'), 'button', 'Tab leaves it');
      assert.equal(await press('Shift+Tab'), 'Åsa', 'and comes back to where it was');
      const order = (await names(page)).filter(name => name.startsWith('user'));
      assert.deepEqual(order, ['user1', 'user2', 'user10']);
      await page.evaluate(() => document.activeElement.blur());
      await list(page).evaluate(element => element.focus());
      assert.equal(await focused(page), 'Åsa', 'focus() too');
      assert.deepEqual(page.errors, []);
      await page.context().close();
    }
  });

  it('10,000 members: a key, a letter of the filter and a scroll each take no longer than one notices', async ann => {
    await addMany(
      ann.ws,
      Array.from({ length: 10000 }, (_, i) => [`p${i}`, `Person ${i}`]),
    );
    const page = await visitList(ann);
    await until(async () => (await items(page).count()) > 5, 'the first are listed', 30000);
    await list(page).evaluate(element => element.focus());
    for (const what of ['scroll', 'filter', 'key']) {
      const ms = await quickOnce(() => list(page).evaluate(measure, what), 1000);
      console.log(`median of a ${what}: ${ms} ms`);
    }
    await page.keyboard.press('End');
    assert.equal(await focused(page), 'U3');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    assert.equal(await focused(page), 'Person 9999');
    assert.ok((await items(page).count()) < 40);
    assert.ok((await tree(page)).some(({ name }) => name.startsWith('Person 9999, ')));
  });

  it('what is fetched again leaves rows, the scroll and the focus where they are', async ann => {
    await addMany(
      ann.ws,
      Array.from({ length: 100 }, (_, i) => [`m${i}`, `Member ${i + 10}`]),
    );
    const page = await visitList(ann);
    await until(async () => (await items(page).count()) > 5, 'the first are listed');
    await list(page).evaluate(element => element.focus());
    for (let i = 0; i < 3; i++) await page.keyboard.press('PageDown');
    const at = await focused(page);
    const mark = () =>
      list(page).evaluate(element => {
        const inner = element.shadowRoot.activeElement;
        const isSame = window.marked === inner;
        window.marked = inner;
        return { isSame, top: inner.getBoundingClientRect().top };
      });
    const { top } = await mark();
    await put(ann.ws, 'before', 'A first one');
    await put(ann.ws, 'after', 'Z last one');
    await until(
      async () =>
        (await list(page).evaluate(element => element.shadowRoot.querySelector('[aria-setsize]').ariaSetSize)) ===
        '105',
      'two more',
      15000,
    );
    assert.equal(await focused(page), at);
    const now = await mark();
    assert.deepEqual(now, { isSame: true, top }, 'the same row, in the same place');
    const gone = `m${Number(at.split(' ')[1]) - 10}`;
    await site.stack.adm('DELETE', `/workspaces/${ann.ws}/members/${gone}`);
    await site.stack.adm('PUT', `/workspaces/${ann.ws}/members/after`, { body: { name: 'Z last of all' } });
    await until(
      async () => (await focused(page)) === `Member ${Number(at.split(' ')[1]) + 1}`,
      'the next one has the focus',
      15000,
    );
  });

  it('tells signing in, the network and the server apart, and tries again when told to', async ann => {
    const says = async (page, text) => {
      await until(async () => (await message(page).textContent()) === text, text, 20000);
      assert.ok(await list(page).getByRole('button', { name: 'Retry' }).isVisible());
    };
    const stopped = await visitList(ann, {}, { token: 'rc_no' });
    await says(stopped, 'Sign in to see members.');
    await stopped.evaluate(token => {
      window.client.setToken(() => (window.isSignedIn ? token : '<title>Sign in</title>'));
    }, site.stack.tokens.get(ann.user));
    await until(async () => (await own(stopped)).state === 'retrying', 'there is no token');
    await says(stopped, 'Sign in to see members.');
    await stopped.evaluate(() => {
      window.isSignedIn = true; // from now on the client may succeed by itself, too
      document.querySelector('rollcall-members').shadowRoot.querySelector('[part=retry]').click();
    });
    await shows(stopped, 4);
    const answers = { 'The server cannot answer right now.': route => route.fulfill({ status: 503, body: '{}' }) };
    answers['The server cannot be reached. Check your connection.'] = route => route.abort();
    for (const [text, answer] of Object.entries(answers)) {
      const page = await visit(browser, 'about:blank');
      let isBroken = true;
      await page.route('**/members?*', route => (isBroken ? answer(route) : route.continue()));
      await page.goto(site.page(ann, { lists: ['rollcall-members'] }));
      await says(page, text);
      isBroken = false;
      await list(page).evaluate(one => one.shadowRoot.querySelector('[part=retry]').click());
      await shows(page, 4);
      assert.equal(await list(page).getByRole('button', { name: 'Retry' }).isVisible(), false);
      assert.deepEqual(page.errors, []);
    }
    const ws = `${ann.ws}-of-others`;
    await site.stack.adm('PUT', `/workspaces/${ws}`, { body: { name: 'Of others' } });
    await says(await visitList({ ...ann, ws }), 'You are not a member of this workspace.');
  });

  await Promise.all(tests);
});

/* Runs in the page: the median ms that 15 of WHAT take until they are on screen. */
async function measure(element, what) {
  const row = () => element.shadowRoot.activeElement;
  const works = {
    scroll: () => (element.scrollTop += 7770),
    filter: i => element.setAttribute('filter', 'person 12345'.slice(0, (i % 12) + 1)),
    key: () => row().dispatchEvent(new KeyboardEvent('keydown', { key: 'PageDown', bubbles: true, composed: true })),
  };
  if (what === 'key') element.setAttribute('filter', '');
  if (what === 'key') element.focus();
  const times = [];
  for (let i = 0; i < 15; i++) {
    const begin = performance.now();
    works[what](i);
    await new Promise(requestAnimationFrame);
    await new Promise(done => setTimeout(done));
    times.push(performance.now() - begin);
  }
  return times.sort((a, b) => a - b)[7];
}
