// SPDX-License-Identifier: ISC
// Changes as events of one stream, through real web servers: what it tells, how it goes on, and what follows its end.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { pause, quickOnce, until } from '../lib/until.mjs';
import { count, open, own, sees, setHidden, startSite, visit } from './lib/site.mjs';
import { asks, follow, heard, isStream, polls, streams, uses } from './lib/streams.mjs';

let site, browser;
before(async () => {
  site = await startSite({ web: 'nginx' });
  browser = await site.browser();
});
after(() => site.stop());

const following = (ann, bob, { at = site, ...shown } = {}) => follow(browser, at, { ann, bob, ...shown });

for (const web of ['lighttpd', 'nginx', 'apache'])
  test(`through ${web}, a page hears of all changes by one stream, at once and in order`, async t => {
    const through = await startSite({ web });
    t.after(() => through.stop());
    const [ann, bob] = await through.stack.room(2);
    const page = await following(ann, bob, { at: through, transport: 'auto' });
    let { session } = await bob.join();
    const told = ['active'];
    for (let i = 0; i < 30; i++) {
      told.push(i % 2 ? 'active' : 'away');
      await bob.beat(session, { status: told.at(-1) });
    }
    await until(async () => {
      const answers = await heard(page, 'stream');
      const all = answers.flatMap(({ changes }) => changes).filter(({ user }) => user === bob.user);
      return all.length > 0 && all.at(-1).status === told.at(-1) && all.map(({ status }) => status).join() === told.join();
    }, 'each change is told once');
    await sees(page, bob.user, 'active');
    await quickOnce(async attempt => {
      if (attempt > 0) ({ session } = await bob.join());
      await sees(page, bob.user, 'active');
      await bob.leaveNow(session);
      return sees(page, bob.user, 'offline');
    }, 2000, { loose: 8000 });
    assert.deepEqual([streams(page).length, polls(page).length], [1, 0]);
    assert.deepEqual(page.errors, []);
  });

test('how streams go on', { concurrency: 4 }, async suite => {
  const tests = [];
  const it = (name, run) => tests.push(suite.test(name, async () => run(...(await site.stack.room(2)))));

  it('"poll" polls, and loads nothing more; "stream" streams; the client says which it is', async (ann, bob) => {
    const polling = await visit(browser, 'about:blank');
    const loaded = [];
    polling.on('request', request => loaded.push(request.url()));
    await polling.goto(site.page(ann, { dots: [bob.user], transport: 'poll' }));
    await sees(polling, bob.user, 'offline');
    const streaming = await visit(browser, site.page(bob, { transport: 'stream' }));
    await uses(streaming, 'stream');
    await sees(polling, bob.user, 'active');
    assert.equal((await own(polling)).transport, 'poll');
    assert.equal(streams(polling).length, 0);
    assert.ok(!loaded.some(url => /stream\.js/.test(url)));
    assert.equal(polls(streaming).length, 0);
    assert.deepEqual((await heard(streaming, 'status')).at(-1).transport, 'stream');
  });

  it('whom no tab watches any more is not followed for long', async (ann, bob) => {
    const page = await following(ann, bob);
    await page.evaluate(() => document.querySelector('rollcall-dot').remove());
    await until(() => !streams(page).at(-1).body.users.includes(bob.user), 'bob is not followed', 15000);
  });

  it('a hidden page answers each beat though its timers sleep, and hears of changes', async (ann, bob) => {
    const watcher = await bob.follow();
    const page = await following(ann, bob, { attributes: { 'hide-after': 0 } });
    await setHidden(page, true);
    await watcher.saw(ann.user, 'away');
    await page.evaluate(() => {
      window.setTimeout = window.setInterval = () => 0;
      for (let id = setTimeout.length; id < 10000; id++) clearTimeout(id);
    });
    const begun = Date.now();
    await until(() => count(page, 'heartbeat', begun) >= 3, 'three heartbeats', 40000);
    assert.deepEqual(watcher.told(ann.user), ['active', 'away']);
    await bob.join();
    await sees(page, bob.user, 'active');
    await watcher.stop();
  });

  it('an invalid cursor is answered with everything', async (ann, bob) => {
    for (const change of [() => 'nonsense', () => '0123456789abcdef-5', since => since.replace(/\d+$/, '999999999')]) {
      await bob.join();
      const page = await visit(browser, 'about:blank');
      let isTold = false; // the first request may be given up before it is answered
      await page.route(isStream, (route, request) => {
        const body = request.postDataJSON();
        return route.continue(isTold ? {} : { postData: JSON.stringify({ ...body, since: change(body.since) }) });
      });
      await page.goto(site.page(ann, { dots: [bob.user], transport: 'stream' }));
      await until(async () => (await heard(page, 'resync')).length > 0, 'resync');
      isTold = true;
      const sent = streams(page).length;
      await sees(page, bob.user, 'active');
      await uses(page, 'stream');
      assert.deepEqual((await heard(page, 'change')).map(({ user, status }) => `${user} ${status}`).sort(), [
        'u0 active',
        'u1 active',
      ]);
      assert.equal(streams(page).length, sent, 'what follows comes by the same stream');
    }
  });

  it('ids may contain what ends a line elsewhere', async ann => {
    const user = 'a\u2028data: b';
    await site.stack.addMember(ann.ws, user);
    const page = await visit(browser, site.page(ann, { dots: [user], transport: 'stream' }));
    await uses(page, 'stream');
    await site.stack.as(user, ann.ws).join();
    const status = () => page.evaluate(() => document.querySelector('rollcall-dot').getAttribute('status'));
    await until(async () => (await status()) === 'active', 'they are seen');
    assert.equal(streams(page).length, 1);
  });

  it('a token that expires is renewed once, and the stream goes on from its cursor', async (ann, bob) => {
    const watcher = await bob.follow();
    const page = await visit(browser, site.page(ann, { dots: [bob.user], client: {}, token: 'rc_none', transport: 'stream' }));
    await until(async () => (await own(page)).state === 'stopped', 'it stops');
    const short = await site.stack.newToken({ user: ann.user, expires_in: 6 });
    const refused = [];
    page.on('response', response => response.status() === 401 && refused.push(response.url()));
    await page.evaluate(
      ([first, second]) => {
        const tokens = [first, second];
        window.heard.length = window.asked = 0;
        window.client.setToken(async () => {
          window.asked++;
          return tokens.shift();
        });
      },
      [short, site.stack.tokens.get(ann.user)],
    );
    await uses(page, 'stream');
    const { session } = await bob.join();
    await sees(page, bob.user, 'active');
    await until(() => page.evaluate(() => window.asked === 2), 'the token is renewed', 12000);
    await bob.beat(session, { status: 'away' });
    await sees(page, bob.user, 'away');
    const cursors = (await heard(page, 'stream')).map(({ cursor }) => cursor);
    const [first, ...next] = streams(page).map(({ body }) => body.since);
    assert.ok(next.length > 0 && [first, ...cursors].includes(next.at(-1)));
    assert.deepEqual(await heard(page, 'resync'), []);
    assert.equal(refused.length, 1, refused.join(' '));
    assert.deepEqual(await heard(page, 'error'), []);
    assert.deepEqual(watcher.told(ann.user), ['active']);
    await watcher.stop();
  });

  it('a token that expires and cannot be renewed stops the client after one refusal', async (ann, bob) => {
    const token = await site.stack.newToken({ user: ann.user, expires_in: 3 });
    const page = await visit(browser, site.page(ann, { dots: [bob.user], token }));
    await until(async () => (await own(page)).state === 'stopped', 'it stops', 15000);
    const sent = page.requests.length;
    await pause(3000);
    assert.equal(page.requests.length, sent);
    assert.equal((await heard(page, 'error')).at(-1).status, 401);
  });

  it('a session that is ended joins again, and a removed member stops', async (ann, bob) => {
    const page = await following(ann, bob);
    await site.stack.adm('DELETE', `/workspaces/${ann.ws}/sessions?user=${ann.user}`);
    await until(() => count(page, 'join') === 2, 'it joins again');
    await bob.join();
    await sees(page, bob.user, 'active');
    await site.stack.adm('DELETE', `/workspaces/${ann.ws}/members/${ann.user}`);
    await until(async () => (await own(page)).state === 'stopped', 'it stops', 15000);
    assert.equal((await heard(page, 'error')).at(-1).code, 'not_a_member');
  });

  it('the leading tab alone streams, and the next one goes on from its cursor', async (ann, bob) => {
    const first = await following(ann, bob);
    const others = [];
    while (others.length < 2) others.push(await open(first.context(), site.page(ann, { dots: [bob.user], transport: 'stream' })));
    for (const page of others) await uses(page, 'stream');
    assert.equal(others.flatMap(asks).length, 0);
    const { session } = await bob.join();
    await Promise.all([first, ...others].map(page => sees(page, bob.user, 'active')));
    const cursor = await bob.cursor();
    for (const page of others) await until(async () => (await heard(page, 'stream')).at(-1).cursor === cursor, 'it has all');
    await first.close();
    await until(() => others.flatMap(streams).length === 1, 'one streams');
    assert.equal(others.flatMap(streams)[0].body.since, cursor);
    await bob.leaveNow(session);
    await Promise.all(others.map(page => sees(page, bob.user, 'offline')));
    assert.deepEqual(others.flatMap(polls), []);
  });

  /* Complete answers, each ending at once. */
  const short = {
    'the code rotate': ': ok\n\nevent: end\ndata: {"code":"rotate","retry_after":0}\n\n',
    'the code draining': ': ok\n\nevent: end\ndata: {"code":"draining","retry_after":2}\n\n',
    'the code superseded': ': ok\n\nevent: end\ndata: {"code":"superseded","retry_after":0}\n\n',
    'the code session_ended': ': ok\n\nevent: end\ndata: {"code":"session_ended","retry_after":0}\n\n',
    'the code expired_credential': ': ok\n\nevent: end\ndata: {"code":"expired_credential","retry_after":0}\n\n',
    'the code not_a_member': ': ok\n\nevent: end\ndata: {"code":"not_a_member","retry_after":0}\n\n',
    'the code redis_unavailable': ': ok\n\nevent: end\ndata: {"code":"redis_unavailable","retry_after":5}\n\n',
    'the code too_many_polls': ': ok\n\nevent: end\ndata: {"code":"too_many_polls","retry_after":0}\n\n',
    'a code of the future': ': ok\n\nevent: end\ndata: {"code":"moved"}\n\n',
    'an event of the future': ': ok\n\nevent: moved\ndata: {}\n\n',
    'a resync each time':
      ': ok\n\nid: x-1\nevent: changes\ndata: {"cursor":"x-1","more":false,"resync":true,"changes":[]}\n\n',
    'nothing after the comment': ': ok\n\n',
    'half an event': ': ok\n\nevent: changes\nda',
    'an event that is not JSON': ': ok\n\nevent: changes\ndata: {"cursor":\n\n',
  };
  for (const [name, body] of Object.entries(short))
    it(`at most 3 streams in 10 s if each ends at once with ${name}`, async (ann, bob) => {
      const page = await visit(browser, 'about:blank');
      await page.route(isStream, (route, request) =>
        /event-stream/.test(request.headers().accept)
          ? route.fulfill({ status: 200, contentType: 'text/event-stream', body })
          : route.continue(),
      );
      await page.goto(site.page(ann, { dots: [bob.user] }));
      await until(() => streams(page).length > 0, 'the first');
      await pause(10000);
      assert.ok(streams(page).length <= 3, `${streams(page).length} streams`);
      assert.deepEqual(page.errors, []);
      await page.evaluate(() => window.client.close()); // it would go on beside the next ones
    });

  await Promise.all(tests);
});

test('when the server drains, the next stream goes on from the cursor, and nobody notices', async t => {
  const draining = await startSite({ web: 'nginx', conf: { wait: 1 } });
  t.after(() => draining.stop());
  const [ann, bob] = await draining.stack.room(2);
  const page = await following(ann, bob, { at: draining });
  const watcher = await bob.follow();
  await bob.join();
  await sees(page, bob.user, 'active');
  const { cursor } = (await heard(page, 'stream')).at(-1);
  await pause(1000); // one that ended sooner would count as a failure
  draining.stack.daemon.process.kill('SIGHUP');
  await until(() => streams(page).length === 2, 'another stream');
  assert.equal(streams(page)[1].body.since, cursor);
  await bob.leaveNow((await bob.sessionsOf(bob.user))[0].session);
  await sees(page, bob.user, 'offline');
  assert.deepEqual(await heard(page, 'error'), []);
  assert.ok((await heard(page, 'status')).every(({ state }) => state !== 'retrying'));
  assert.deepEqual(watcher.told(ann.user), []);
  await watcher.stop();
});
