// SPDX-License-Identifier: ISC
// Where sessions are: what may be said, by whom, for how long, and who may read it.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as fcgi from '../lib/fcgi.mjs';
import { newSession, query } from '../lib/person.mjs';
import { asText, beAt, endAt, openDm, peopleOf, putAt, readAt, typeAt } from '../lib/places.mjs';
import { startStack, withStack } from '../lib/stack.mjs';
import { atMost, pause, until } from '../lib/until.mjs';

const long = { ttl: 60, heartbeat: 30 };

for (const web of ['lighttpd', 'nginx']) {
  describe(`places through ${web}`, { concurrency: 8 }, () => {
    let stack;
    before(async () => {
      stack = await startStack({ web, workers: 2, conf: long });
    });
    after(() => stack?.stop());

    it('say who is there, in the order in which they came, each once with all that they do', async () => {
      const [u0, u1, u2] = await peopleOf(stack, 3);
      assert.equal(await readAt(u0, 'ticket:42'), '');
      await beAt(u1, u1.at, 'ticket:42');
      await pause(2); // who came first is told by milliseconds
      await beAt(u0, u0.at, 'ticket:42', { doing: 'reading-aloud' });
      await beAt(u1, u1.at, 'ticket:42', { doing: 'editing' });
      await pause(2);
      const other = await u1.join();
      await beAt(u1, other.session, 'ticket:42');
      assert.equal(await readAt(u2, 'ticket:42'), 'u1: editing viewing, u0: reading-aloud');
      const { body } = await u2.ask('GET', 'places/ticket:42');
      assert.equal(body.count, 2);
      assert.equal(body.cursor.split('_')[0], await u2.cursor());
      assert.equal(await readAt(u2, 'ticket:4'), '', 'another place');
      await endAt(u1, u1.at, 'ticket:42');
      assert.equal(await readAt(u2, 'ticket:42'), 'u0: reading-aloud, u1: viewing', 'it counts from when the other page came');
    });
  });
}

for (const web of ['lighttpd', 'nginx', 'apache', 'caddy']) {
  describe(`the names of places through ${web}`, () => {
    let stack;
    before(async () => {
      stack = await startStack({ web, conf: long });
    });
    after(() => stack?.stop());

    it('are whatever an application calls a place, in the path or in the query', async () => {
      const [u0, u1] = await peopleOf(stack, 2);
      const names = ['/wiki/Home', 'a//b', '/', 'x y', '100%', '%2F', 'q?a=b#c', 'é人😀', 'a+b', 'x'.repeat(128), 'places', 'me'];
      for (const name of names) {
        await beAt(u0, u0.at, name, { for: 300 });
        assert.equal(await readAt(u1, name), 'u0: viewing', name);
        await endAt(u0, u0.at, name);
        assert.equal(await readAt(u1, name), '', name);
      }
      for (const name of [...names, '..', '../x', '.']) {
        const ask = (method, params, body) => u0.ask(method, `place${query({ place: name, ...params })}`, { body });
        assert.equal((await ask('PUT', {}, { session: u0.at })).status, 204, name);
        assert.equal(asText((await ask('GET')).body.people), 'u0: viewing', name);
        assert.equal((await ask('DELETE', { session: u0.at, doing: 'viewing' })).status, 204);
        assert.equal(asText((await ask('GET')).body.people), '', name);
      }
    });
  });
}

describe('places', { concurrency: 8 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ workers: 2, conf: long });
  });
  after(() => stack?.stop());

  it('refuse what breaks a rule', async () => {
    const [u0] = await peopleOf(stack, 1);
    const session = u0.at;
    for (const [place, body] of [
      ['x'.repeat(129), {}],
      ['é'.repeat(65), {}],
      ['ok', { doing: 'Not A Word' }],
      ['ok', { doing: '' }],
      ['ok', { doing: 'x'.repeat(33) }],
      ['ok', { doing: 7 }],
      ['ok', { for: 1 }],
      ['ok', { for: 301 }],
      ['ok', { for: 2.5 }],
      ['ok', { for: '8' }],
      ['ok', { n: -1 }],
      ['ok', { session: 'short' }],
      ['ok', { name: 'Somebody Else' }],
      ['ok', { user: 'u1' }],
    ]) {
      const { status, body: problem } = await putAt(u0, session, place, body);
      assert.deepEqual([status, problem.code], [400, 'bad_request'], `${place} ${JSON.stringify(body)}`);
    }
    for (const place of ['', '%00', 'a%0Ab', 'a%C2%85b', '%FF']) {
      const target = `/v1/workspaces/${u0.ws}/place?place=${place}`;
      const options = { token: stack.tokens.get('u0'), body: JSON.stringify({ session }) };
      assert.equal((await fcgi.call(stack.address, 'PUT', target, options)).body.code, 'bad_request', place);
    }
    assert.equal((await u0.ask('PUT', 'places/ok', { body: {} })).status, 400, 'without a session');
    assert.equal((await u0.ask('DELETE', 'places/ok')).status, 400);
    assert.equal((await u0.ask('DELETE', `places/ok${query({ session, doing: 'A' })}`)).status, 400);
    assert.equal((await u0.ask('GET', 'place')).status, 400);
    assert.equal((await u0.ask('POST', 'places/ok', { body: { session } })).status, 405);
    assert.equal(await readAt(u0, 'ok'), '');
    for (const body of [{ for: 2 }, { for: 300, doing: 'x'.repeat(32) }, { doing: null, for: null, n: null }, { n: 0 }])
      await beAt(u0, session, 'ok', body);
  });

  it('have only the caller: the name of another user in the body is refused', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    const place = await openDm(u0, [u1]);
    for (const body of [{ username: 'u1' }, { user: 'u1' }, { name: 'Boss' }])
      assert.equal((await putAt(u0, u0.at, place, { doing: 'typing', ...body })).status, 400);
    assert.equal((await putAt(u0, u1.at, place)).status, 410, 'a session is its own user\'s');
    await typeAt(u0, u0.at, place);
    assert.equal(await readAt(u1, place), 'u0: typing');
  });

  it('that are conversations are for their participants, and do not exist for others', async () => {
    const [u0, u1, u2] = await peopleOf(stack, 3);
    const place = await openDm(u0, [u1]);
    await typeAt(u0, u0.at, place);
    const asks = [
      name => putAt(u2, u2.at, name, { doing: 'typing' }),
      name => u2.ask('GET', `places/${name}`),
      name => u2.ask('GET', `place?place=${name}`),
      name => u2.ask('DELETE', `places/${name}?session=${u2.at}`),
      name => u2.poll({ place: name, wait: 0 }),
      name => u2.ask('POST', 'stream', { body: { places: [name], wait: 0 } }),
    ];
    for (const ask of asks) {
      const [mine, none] = [await ask(place), await ask('dm:999999')];
      assert.deepEqual([mine.status, mine.body], [404, none.body]);
      for (const name of ['dm:0', 'dm:x', 'dm:', 'dm:01', 'dm:99999999999999999999']) assert.equal((await ask(name)).status, 404, name);
    }
    assert.equal((await putAt(u0, u0.at, 'dm:*')).status, 404);
    assert.equal(await readAt(u1, place), 'u0: typing');
  });

  it('have only live sessions, and are no sign of life', async () => {
    await withStack({ conf: { ttl: 2, heartbeat: 1 } }, async stack => {
      const [u0, u1] = await stack.room(2);
      assert.equal((await putAt(u0, newSession(), 'here')).status, 410);
      const { session } = await u0.join();
      await until(async () => {
        assert.ok([204, 410].includes((await putAt(u0, session, 'here', { for: 300 })).status));
        return (await u1.sees('u0')).u0 === 'offline';
      }, 'it lapses although it is said to be there', 12000);
      assert.equal((await putAt(u0, session, 'here')).status, 410);
      await until(async () => (await readAt(u1, 'here')) === '', 'it is nowhere');
      await u0.beat(session);
      assert.equal(await readAt(u1, 'here'), '', 'and does not come back by itself');
      await until(async () => {
        await u0.beat(session);
        return (await putAt(u0, session, 'here')).status === 204;
      }, 'and is said to be there again');
    });
  });

  it('end by themselves, and what is said again goes on', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    const began = performance.now();
    await beAt(u0, u0.at, 'here', { for: 2 });
    await until(async () => (await readAt(u1, 'here')) === '', 'it has ended');
    const took = performance.now() - began;
    assert.ok(took >= 1900 && took < atMost(6000), `${took} ms`);
    await beAt(u0, u0.at, 'here', { for: 2 });
    await beAt(u0, u0.at, 'here', { for: 300 });
    await beAt(u0, u0.at, 'here', { doing: 'editing', for: 2 });
    await until(async () => (await readAt(u1, 'here')) === 'u0: viewing', 'editing has ended, and viewing goes on');
    await beAt(u0, u0.at, 'here', { for: 2 });
    await until(async () => (await readAt(u1, 'here')) === '', 'a shorter end counts');
  });

  it('ignore what comes too late', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    await typeAt(u0, u0.at, 'here', { n: 5 });
    await endAt(u0, u0.at, 'here', { n: 6, doing: 'typing' });
    await typeAt(u0, u0.at, 'here', { n: 5 });
    assert.equal(await readAt(u1, 'here'), '', 'a start behind its stop');
    await typeAt(u0, u0.at, 'here', { n: 7 });
    await endAt(u0, u0.at, 'here', { n: 6 });
    assert.equal(await readAt(u1, 'here'), 'u0: typing', 'a stop behind the next start');
    await endAt(u0, u0.at, 'here', { n: 8 });
    assert.equal(await readAt(u1, 'here'), '');
  });

  it('have limits: 20 of a session, 100 things of a user', async () => {
    const [u0] = await peopleOf(stack, 1);
    for (let i = 0; i < 20; i++) await beAt(u0, u0.at, `p${i}`);
    const refused = await putAt(u0, u0.at, 'p20');
    assert.deepEqual([refused.status, refused.body.code], [409, 'too_many_places']);
    await beAt(u0, u0.at, 'p0', { doing: 'editing' });
    await endAt(u0, u0.at, 'p1');
    await beAt(u0, u0.at, 'p20');
    for (let i = 0, things = 21; things < 100; i++) {
      const { session } = await u0.join();
      for (let k = 0; k < 20 && things < 100; k++, things++) await beAt(u0, session, `q${k}`);
    }
    const { session } = await u0.join();
    assert.equal((await putAt(u0, session, 'r')).body.code, 'too_many_places');
    await beAt(u0, u0.at, 'p0', { doing: 'editing' }); // renewed
    await endAt(u0, u0.at, 'p0');
    await beAt(u0, session, 'r');
  });

  it('name 50 people, those who came first, and count all', async () => {
    const people = await stack.room(53);
    for (const person of people) await beAt(person, (await person.join()).session, 'hall');
    const { body } = await people[52].ask('GET', 'places/hall');
    assert.equal(body.count, 53);
    assert.deepEqual(body.people.map(one => one.user), people.slice(0, 50).map(one => one.user));
  });

  it('leave out invisible users, also those who become invisible', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    await beAt(u0, u0.at, 'here');
    assert.equal((await u0.ask('PUT', 'me/status', { body: { show: 'invisible' } })).status, 200);
    assert.equal(await readAt(u1, 'here'), '');
    await beAt(u0, u0.at, 'here');
    await typeAt(u0, u0.at, 'here');
    assert.deepEqual([await readAt(u0, 'here'), await readAt(u1, 'here')], ['', '']);
    assert.equal((await u0.ask('DELETE', 'me/status?all=true')).status, 204);
    assert.equal(await readAt(u1, 'here'), '');
    await beAt(u0, u0.at, 'here');
    assert.equal(await readAt(u1, 'here'), 'u0: viewing');
  });

  it('leave out who types if they have turned that off, whatever their client sends', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    const place = await openDm(u0, [u1]);
    const set = (person, typing) => person.ask('PUT', 'me/settings', { body: { typing } });
    await typeAt(u0, u0.at, place);
    assert.equal((await set(u0, false)).status, 200);
    assert.equal(await readAt(u1, place), '', 'what was told before has ended');
    await typeAt(u0, u0.at, place);
    await beAt(u0, u0.at, place);
    assert.equal(await readAt(u1, place), 'u0: viewing');
    await typeAt(u1, u1.at, place);
    assert.equal(await readAt(u1, place), 'u0: viewing, u1: typing');
    assert.equal(await readAt(u0, place), 'u0: viewing', 'nor are they told who types');
    for (const what of ['members', 'status?user=u0', 'dms', 'stream'])
      assert.doesNotMatch((await u1.ask('GET', what, { raw: true })).body.toString(), /"typing"/, `${what}: a setting is private`);
    await set(u0, true);
    await typeAt(u0, u0.at, place);
    assert.equal(await readAt(u0, place), 'u0: typing viewing, u1: typing');
  });

  it('do not betray who changed that setting, and heed it of who was never seen', async () => {
    const [u0, u1, u2, u3] = await stack.room(4);
    const { session } = await u0.join();
    const { session: typist } = await u1.join();
    assert.equal((await u0.ask('PUT', 'me/status', { body: { show: 'invisible' } })).status, 200);
    const eye = await u2.follow();
    const set = async (one, typing) => assert.equal((await one.ask('PUT', 'me/settings', { body: { typing } })).status, 200);
    for (const typing of [false, true, false]) for (const one of [u0, u1, u3]) await set(one, typing);
    await beAt(u0, session, 'p');
    await set(u1, true);
    await typeAt(u1, typist, 'p', { for: 60 });
    assert.deepEqual([await readAt(u2, 'p'), await readAt(u0, 'p'), await readAt(u3, 'p')], ['u1: typing', '', '']);
    assert.deepEqual([eye.changes, await u2.cursor()], [[], eye.cursor]);
    await set(u3, true);
    assert.equal(await readAt(u3, 'p'), 'u1: typing');
    await eye.stop();
  });

  it('end with the conversation, and for those who are removed from it or from the workspace', async () => {
    const [u0, u1, u2] = await peopleOf(stack, 3);
    const place = await openDm(u0, [u1, u2], { name: 'Plan' });
    const path = `/workspaces/${u0.ws}/dms/${place.slice(3)}`;
    for (const person of [u0, u1, u2]) await typeAt(person, person.at, place, { for: 300 });
    await beAt(u1, u1.at, 'here');
    assert.equal(await readAt(u0, place), 'u0: typing, u1: typing, u2: typing');
    assert.equal((await stack.adm('PUT', path, { body: { participants: ['u0', 'u1'], name: 'Plan' } })).status, 200);
    assert.equal((await u2.ask('GET', `places/${place}`)).status, 404);
    await until(async () => (await readAt(u0, place)) === 'u0: typing, u1: typing', 'u2 is gone from it');
    assert.equal((await stack.adm('DELETE', `/workspaces/${u0.ws}/members/u1`)).status, 204);
    assert.deepEqual([await readAt(u0, place), await readAt(u0, 'here')], ['u0: typing', '']);
    assert.equal((await stack.adm('DELETE', path)).status, 204);
    assert.equal((await putAt(u0, u0.at, place)).status, 404);
  });

  it('are listed for administrators, with a line in the log', async () => {
    const [u0, u1] = await peopleOf(stack, 2);
    const place = await openDm(u0, [u1]);
    await typeAt(u0, u0.at, place);
    await beAt(u1, u1.at, 'ticket:42');
    await beAt(u0, u0.at, 'ticket:42', { doing: 'editing' });
    const list = async (params = {}) => (await stack.adm('GET', `/workspaces/${u0.ws}/places${query(params)}`)).body;
    const rows = ({ places }) => places.map(one => `${one.place} ${one.user} ${one.doing}`);
    const all = await list();
    assert.deepEqual(rows(all).sort(), [`${place} u0 typing`, 'ticket:42 u0 editing', 'ticket:42 u1 viewing']);
    for (const { since, until } of all.places) assert.ok(until > since && Math.abs(since - Date.now()) < 60000);
    const first = await list({ limit: 1 });
    assert.deepEqual([rows(first), first.next], [[`${place} u0 typing`], place]);
    const rest = await list({ limit: 1, after: place });
    assert.deepEqual([rest.places.length, rest.next], [2, undefined], 'a place is on one page');
    const table = await stack.adm('GET', `/workspaces/${u0.ws}/places`, { headers: { Accept: 'text/plain' } });
    assert.match(table.body, /^place +user +doing +since +until\n/);
    assert.match(stack.log(), new RegExp(`audit: actor=token:\\d+ action="places.read" workspace="${u0.ws}"`));
    assert.equal((await stack.adm('GET', '/workspaces/none/places')).status, 404);
    assert.equal((await u0.ask('GET', 'places')).status, 404);
  });

  it('go with their workspace', async () => {
    const [u0] = await peopleOf(stack, 1);
    await beAt(u0, u0.at, 'here');
    assert.equal((await stack.adm('DELETE', `/workspaces/${u0.ws}`)).status, 204);
    await until(async () => (await stack.redis('KEYS', `rollcall:*:${u0.ws}:*`)).length === 0, 'nothing is left');
  });
});

describe('the rate of changes', () => {
  it('is limited for each user; renewing and ending are not', () =>
    withStack({ conf: { ...long, rate_limit: 20 } }, async stack => {
      const [u0, u1] = await peopleOf(stack, 2);
      const statuses = [];
      for (let i = 0; i < 8; i++) statuses.push((await putAt(u0, u0.at, `p${i}`)).status);
      assert.ok(statuses.every(status => status === 204), statuses);
      const refused = await until(async () => {
        const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => putAt(u0, u0.at, `q${i}`)));
        for (const i of answers.keys()) await endAt(u0, u0.at, `q${i}`);
        return answers.find(({ status }) => status === 429);
      }, 'it is refused');
      assert.equal(refused.body.code, 'rate_limited');
      assert.match(refused.headers['retry-after'], /^[123]$/); // twelve at once, 4 a second, charged when they have happened
      await endAt(u0, u0.at, 'p0');
      await beAt(u1, u1.at, 'p0');
      await until(async () => (await putAt(u0, u0.at, 'p1')).status === 204, 'a second later');
      for (let i = 0; i < 30; i++) assert.equal((await putAt(u1, u1.at, 'p0')).status, 204);
    }));
});
