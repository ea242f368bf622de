// SPDX-License-Identifier: ISC
// Tabs that are blocked. If one leads, another takes over, and other users notice nothing. Any other counts no longer.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pause, until } from '../lib/until.mjs';
import { count, open, own, processOf, sees, setHidden, startSite, visit } from './lib/site.mjs';

let site, browser;
before(async () => {
  // As in production, a lease outlasts its poll by longer than the other tabs take to notice.
  site = await startSite({ conf: { wait: 5, heartbeat: 5, gap: 15 } });
  browser = await site.browser();
});
after(() => site.stop());

/* Each way to keep PAGE from doing anything; resolves with the function that lets it go on. */
const ways = {
  async 'a dialog stands in it'(page) {
    const [dialog] = await Promise.all([
      new Promise(done => page.once('dialog', done)),
      page.evaluate(() => {
        setTimeout(() => alert('Are you sure?'));
      }),
    ]);
    return () => dialog.accept();
  },
  async 'its process is suspended'(page) {
    const pid = await processOf(page);
    process.kill(pid, 'SIGSTOP');
    return () => process.kill(pid, 'SIGCONT');
  },
};

/** Two tabs of ANN: the first leads. */
async function twoTabs(ann, bob, itsBrowser = browser) {
  const first = await visit(itsBrowser, site.page(ann, { dots: [bob.user], attributes: { 'hide-after': 0 } }));
  await until(async () => (await own(first)).state === 'live', 'the first follows');
  const second = await open(first.context(), site.page(ann, { dots: [bob.user], attributes: { 'hide-after': 0 } }));
  await until(async () => (await own(second)).state === 'live', 'the second knows');
  assert.deepEqual([(await own(first)).leader, (await own(second)).leader], [true, false]);
  // The second reports how it is after 20 ms, and the first hears of that.
  for (const tab of [second, first]) await tab.evaluate(() => new Promise(done => setTimeout(done, 50)));
  return [first, second];
}

const blocked = transport => async suite => {
  site.transport = transport;
  const tests = [];
  const it = (name, run) => tests.push(suite.test(name, async () => run(...(await site.stack.room(2)))));

  for (const [name, way] of Object.entries(ways)) {
    it(`${name}: another one that is in use takes over, until it is left`, async (ann, bob) => {
      const watcher = await bob.follow();
      const [first, second] = await twoTabs(ann, bob, await site.browser());
      await setHidden(first, true);
      await watcher.saw(ann.user, 'active');
      const goOn = await way(first);
      try {
        await until(async () => (await own(second)).leader, 'the second leads', 30000);
        const { session } = await bob.join();
        await sees(second, bob.user, 'active');
        await pause(21000); // the lease of the first one's last poll is over
        await bob.beat(session, { status: 'away' });
        await sees(second, bob.user, 'away');
        assert.deepEqual(watcher.told(ann.user), ['active']);
      } finally {
        await goOn();
      }
      await until(async () => !(await own(first)).leader, 'the first notices');
      await sees(first, bob.user, 'away');
      await pause(3000);
      assert.deepEqual([(await own(first)).leader, (await own(second)).leader], [false, true]);
      assert.deepEqual(watcher.told(ann.user), ['active'], 'others have seen nothing');
      assert.equal((await bob.sessionsOf(ann.user)).length, 1);
      await second.close();
      await until(async () => (await own(first)).leader, 'the first leads again');
      await bob.beat((await bob.sessionsOf(bob.user))[0].session, { status: 'active' });
      await sees(first, bob.user, 'active');
      assert.deepEqual([...first.errors, ...second.errors], []);
      await watcher.stop();
    });
  }

  for (const [name, way] of Object.entries(ways)) {
    it(`${name}, and it does not lead: it counts as active no longer, until it goes on`, async (ann, bob) => {
      const watcher = await bob.follow();
      const [first, second] = await twoTabs(ann, bob, await site.browser());
      await setHidden(first, true);
      await watcher.saw(ann.user, 'active');
      const goOn = await way(second);
      try {
        await watcher.saw(ann.user, 'away', 30000);
        assert.deepEqual([(await own(first)).leader, (await own(first)).status], [true, 'away']);
      } finally {
        await goOn();
      }
      await until(() => watcher.told(ann.user).at(-1) === 'active', 'it is in use again');
      assert.deepEqual(watcher.told(ann.user), ['active', 'away', 'active']);
      assert.deepEqual([(await own(first)).leader, (await own(second)).leader], [true, false]);
      assert.deepEqual([...first.errors, ...second.errors], []);
      await watcher.stop();
    });
  }

  it('a tab that does not lead counts as active however quiet it is, if it is well', async (ann, bob) => {
    const watcher = await bob.follow();
    const [first, second] = await twoTabs(ann, bob);
    await setHidden(first, true);
    await pause(25000); // much longer than one that is blocked counts
    assert.deepEqual(watcher.told(ann.user), ['active']);
    assert.equal((await own(second)).leader, false);
    await watcher.stop();
  });

  it('nobody takes over from a leader that is well, quiet as it may be', async (ann, bob) => {
    const [first, second] = await twoTabs(ann, bob);
    await setHidden(first, true);
    const begun = Date.now();
    await pause(14000);
    assert.deepEqual([(await own(first)).leader, (await own(second)).leader], [true, false]);
    assert.ok(count(first, 'stream', begun) <= 1.5 + (Date.now() - begun) / 5000);
    assert.equal(count(second, 'stream'), 0);
  });

  it('a tab that is opened while the leader can do nothing soon follows', async (ann, bob) => {
    await bob.join();
    const [first, second] = await twoTabs(ann, bob);
    const goOn = await ways['a dialog stands in it'](first);
    await second.close();
    const third = await open(first.context(), site.page(ann, { dots: [bob.user] }));
    await sees(third, bob.user, 'active', 30000);
    await goOn();
    await until(async () => !(await own(first)).leader, 'the first notices');
    await sees(first, bob.user, 'active');
  });

  await Promise.all(tests);
};

test('the tab that leads can do nothing', { concurrency: 3 }, blocked('auto'));
test('the tab that leads by polls can do nothing', { concurrency: 3 }, blocked('poll'));
