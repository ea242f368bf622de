// SPDX-License-Identifier: ISC
// What receivers of webhooks are told: all of it, in order, the latest state alone, whatever fails in between.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { Child } from '../lib/child.mjs';
import { startCluster } from '../lib/cluster.mjs';
import { Dice, newSeed } from '../lib/dice.mjs';
import { canMount, ownResolver, startNameServer } from '../lib/names.mjs';
import { newSession } from '../lib/person.mjs';
import { unmeasured } from '../lib/program.mjs';
import { addWebhook, withReceiver } from '../lib/receiver.mjs';
import { confText, rollcalld, startStack, withStack } from '../lib/stack.mjs';
import { atMost, pause, until } from '../lib/until.mjs';

const conf = { ttl: 60, heartbeat: 30, wait: 20, leave_grace: 0 };

/** Waits until RECEIVER has been told of all that STACK's administrator sees in WS. */
const agrees = (stack, receiver, ws, ms = 20000) =>
  until(async () => {
    const { body } = await stack.adm('GET', `/workspaces/${ws}/status`);
    const seen = Object.fromEntries(body.users.filter(({ status }) => status !== 'offline').map(({ user, status }) => [user, status]));
    assert.deepEqual(receiver.here(ws), seen);
    return true;
  }, 'the receiver knows who is here', ms);

/** Starts a second rollcalld on the Redis and the database of STACK, as another machine does. */
function startAnother(stack) {
  const file = stack.path('another.conf');
  const { listen_mode: mode, ...rest } = stack.conf;
  writeFileSync(file, `listen_mode = ${mode}\n${confText({ ...rest, listen: stack.path('another.sock') })}`);
  return new Child([rollcalld, '-c', file], { log: stack.path('another.log'), cwd: stack.dir });
}

const sender = stack => until(() => stack.workers(true)[0], 'a process delivers webhooks');

describe('webhooks', { concurrency: 6 }, () => {
  let stack;
  before(async () => {
    stack = await startStack({ workers: 2, conf });
  });
  after(() => stack?.stop());

  it('tell who is here at first, and then each change, signed so that a library verifies it', () =>
    withReceiver(async receiver => {
      const [u0, u1] = await stack.room(2);
      await u0.join();
      const secret = await addWebhook(stack, receiver, `a-${u0.ws}`, { workspace: u0.ws });
      await receiver.begun(u0.ws);
      assert.deepEqual(receiver.here(u0.ws), { u0: 'active' });
      const [first] = receiver.letters;
      assert.equal(first.data.resync, true);
      assert.equal(first.data.since, null);
      assert.deepEqual(first.data.refetch, ['members', 'dms']);
      assert.match(first.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      const session = newSession();
      await u1.join({ session });
      await until(() => receiver.here(u0.ws).u1 === 'active', 'it is told that u1 came');
      await u1.leaveNow(session);
      await until(() => !receiver.here(u0.ws).u1, 'it is told that u1 left');
      const [change] = receiver.told(u0.ws).at(-1).changes;
      assert.deepEqual([change.user, change.status, change.why], ['u1', 'offline', 'leave']);
      receiver.check(secret);
    }));

  it('tell of two tabs and two devices as of one user, and of a page that was loaded again nothing', () =>
    withReceiver(async receiver => {
      const [u0] = await stack.room(1);
      const secret = await addWebhook(stack, receiver, `b-${u0.ws}`, { workspace: u0.ws, delay: 4 });
      await receiver.begun(u0.ws);
      const [one, two, three] = [newSession(), newSession(), newSession()];
      await u0.join({ session: one });
      await u0.join({ session: two });
      await until(() => receiver.changes(u0.ws).length > 0, 'it is told', 15000);
      await u0.leaveNow(one);
      await u0.leaveNow(two);
      await u0.join({ session: three });
      await pause(5500); // a change that were told would have been told by now
      await u0.leaveNow(three);
      await until(() => receiver.changes(u0.ws).length > 1, 'it is told', 15000);
      assert.deepEqual(receiver.changes(u0.ws), ['u0 active', 'u0 offline']);
      receiver.check(secret);
    }));

  it('tell after an outage the latest state of all who changed, and nothing of what was in between', () =>
    withReceiver(async receiver => {
      const people = await stack.room(6);
      const { ws } = people[0];
      const secret = await addWebhook(stack, receiver, `c-${ws}`, { workspace: ws });
      await receiver.begun(ws);
      receiver.answer = 503;
      const sessions = people.map(newSession);
      for (let round = 0; round < 5; round++)
        for (const [i, person] of people.entries())
          await person.join({ session: sessions[i], status: (round + i) % 2 ? 'away' : 'active' });
      await people[0].leaveNow(sessions[0]);
      await until(() => receiver.refused.length > 1, 'it refuses', 15000);
      const told = receiver.told(ws).length;
      receiver.answer = 204;
      await agrees(stack, receiver, ws, 45000);
      const after = receiver.told(ws).slice(told).flatMap(({ changes }) => changes.map(({ user }) => user));
      assert.ok(after.length <= 6 + 1, `each once, not ${after}`);
      receiver.check(secret);
    }));

  it('have ids of their own, which signatures cover; sent again they have others', () =>
    withReceiver(first => withReceiver(async second => {
      const [u0] = await stack.room(1);
      const id = `d-${u0.ws}`;
      const secret = await addWebhook(stack, first, id, { workspace: u0.ws });
      const other = await addWebhook(stack, second, `${id}-2`, { workspace: u0.ws });
      assert.notEqual(secret, other);
      await u0.join();
      for (const receiver of [first, second])
        await until(() => receiver.here(u0.ws).u0, 'it is told', 15000);
      const count = first.letters.length;
      const { status } = await stack.adm('POST', `/webhooks/${id}/replay`, { body: { workspace: u0.ws } });
      assert.equal(status, 202);
      await until(() => first.letters.length > count, 'it is told again', 15000);
      assert.equal(first.letters.at(-1).data.resync, true);
      await agrees(stack, first, u0.ws);
      const ids = [...first.letters, ...second.letters].map(({ headers }) => headers['webhook-id']);
      assert.equal(new Set(ids).size, ids.length, `${ids}`);
      const { headers, text } = first.letters[0];
      assert.throws(() => new Webhook(secret).verify(text, { ...headers, 'webhook-id': `${headers['webhook-id']}0` }));
      assert.throws(() => new Webhook(other).verify(text, headers));
      first.check(secret);
      second.check(other);
    })));

  it('go back to a cursor if asked', () =>
    withReceiver(async receiver => {
      const [u0, u1] = await stack.room(2);
      const id = `e-${u0.ws}`;
      await addWebhook(stack, receiver, id, { workspace: u0.ws });
      await u0.join();
      await until(() => receiver.here(u0.ws).u0, 'it is told', 15000);
      const since = receiver.told(u0.ws).at(-1).cursor;
      await u1.join();
      await until(() => receiver.here(u0.ws).u1, 'it is told', 15000);
      const count = receiver.letters.length;
      await stack.adm('POST', `/webhooks/${id}/replay`, { body: { workspace: u0.ws, since } });
      await until(() => receiver.letters.length > count, 'it is told again', 15000);
      const { data } = receiver.letters.at(-1);
      assert.equal(data.since, since);
      assert.equal(data.resync, false);
      assert.deepEqual(data.changes.map(({ user }) => user), ['u1']);
    }));

  it('are tested with a letter of another type', () =>
    withReceiver(async receiver => {
      const [u0] = await stack.room(1);
      const secret = await addWebhook(stack, receiver, `f-${u0.ws}`, { workspace: u0.ws });
      await stack.adm('POST', `/webhooks/f-${u0.ws}/test`);
      await until(() => receiver.letters.some(({ type }) => type === 'rollcall.test'), 'the test comes', 15000);
      receiver.check(secret);
      await receiver.stop();
      await stack.adm('POST', `/webhooks/f-${u0.ws}/test`);
      const failed = new RegExp(`webhook f-${u0.ws}: the test failed: .`);
      await until(() => failed.test(stack.log()), 'the log names the webhook whose test fails', 15000);
    }));

  it('are signed with both secrets after a rotation', () =>
    withReceiver(async receiver => {
      const [u0] = await stack.room(1);
      const id = `g-${u0.ws}`;
      const old = await addWebhook(stack, receiver, id, { workspace: u0.ws });
      await receiver.begun(u0.ws);
      const { body } = await stack.adm('POST', `/webhooks/${id}/secret`);
      await until(async () => {
        await stack.adm('POST', `/webhooks/${id}/test`);
        return receiver.letters.some(({ headers }) => headers['webhook-signature'].includes(' '));
      }, 'both sign', 15000);
      const { headers, text } = receiver.letters.find(({ headers: all }) => all['webhook-signature'].includes(' '));
      for (const secret of [old, body.secret]) new Webhook(secret).verify(text, headers);
    }));

  it('tell only of the events that are asked for', () =>
    withReceiver(async receiver => {
      const [u0, u1] = await stack.room(2);
      const secret = await addWebhook(stack, receiver, `h-${u0.ws}`, { workspace: u0.ws, events: ['dnd'] });
      await receiver.begun(u0.ws);
      const count = receiver.letters.length;
      await u0.join();
      await u1.join();
      await stack.addMember(u0.ws, 'u7');
      await u1.say({ text: 'at work' });
      await u0.say({ dnd: true });
      await until(() => receiver.letters.length > count, 'it is told', 15000);
      assert.deepEqual(receiver.told(u0.ws).slice(1).flatMap(({ changes }) => changes.map(({ user, dnd }) => [user, dnd])), [['u0', true]]);
      assert.ok(receiver.told(u0.ws).slice(1).every(({ refetch }) => !refetch));
      receiver.check(secret);
    }));

  it('tell of members and conversations by what to read again', () =>
    withReceiver(async receiver => {
      const [u0] = await stack.room(2);
      await addWebhook(stack, receiver, `i-${u0.ws}`, { workspace: u0.ws, events: ['member', 'dm'] });
      await receiver.begun(u0.ws);
      await stack.addMember(u0.ws, 'u8');
      await u0.ask('POST', 'dms', { body: { participants: ['u1'] } });
      await until(() => {
        const said = receiver.told(u0.ws).slice(1).flatMap(({ refetch }) => refetch ?? []);
        return said.includes('members') && said.includes('dms');
      }, 'it is told', 15000);
    }));

  it('go to all workspaces, also to one that is made later', () =>
    withReceiver(async receiver => {
      const secret = await addWebhook(stack, receiver, 'everywhere');
      const [u0] = await stack.room(1);
      const [v0] = await stack.room(1);
      await u0.join();
      await v0.join();
      for (const { ws } of [u0, v0]) await until(() => receiver.here(ws).u0, `it is told of ${ws}`, 15000);
      receiver.check(secret);
      assert.equal((await stack.adm('DELETE', '/webhooks/everywhere')).status, 204);
    }));

  it('stop for good at 410, and are not sent after a redirect', () =>
    withReceiver(first => withReceiver(async second => {
      const [u0] = await stack.room(1);
      const id = `k-${u0.ws}`;
      first.answer = (letter, response) => response.writeHead(302, { location: second.url }).end();
      await addWebhook(stack, first, id, { workspace: u0.ws });
      const about = async () => (await stack.adm('GET', `/webhooks/${id}`)).body;
      await until(async () => /redirect/.test(JSON.stringify(await about())), 'its error is told', 15000);
      assert.equal(second.letters.length, 0);
      first.answer = 410;
      await until(async () => (await about()).active === false, 'it is switched off', 30000);
    })));

  it('wait as long as the receiver asks', () =>
    withReceiver(async receiver => {
      const [u0] = await stack.room(1);
      receiver.answer = (letter, response) => {
        receiver.refused.push(letter);
        receiver.answer = 204;
        response.writeHead(429, { 'retry-after': '4' }).end();
      };
      await addWebhook(stack, receiver, `l-${u0.ws}`, { workspace: u0.ws });
      await receiver.begun(u0.ws);
      assert.ok(receiver.letters[0].at - receiver.refused[0].at >= 3900);
      assert.equal(receiver.letters[0].headers['webhook-id'], receiver.refused[0].headers['webhook-id'], 'the same letter');
    }));

  it('never go to link-local addresses, however they are written', async () => {
    const [u0] = await stack.room(1);
    for (const [i, host] of ['169.254.169.254', '[fe80::1]', '[::ffff:169.254.169.254]', '[fd00:ec2::254]'].entries()) {
      const id = `m${i}-${u0.ws}`;
      await addWebhook(stack, { url: `http://${host}/latest` }, id, { workspace: u0.ws });
      await until(async () => /link-local/.test(JSON.stringify((await stack.adm('GET', `/webhooks/${id}`)).body)), host, 15000);
      await stack.adm('DELETE', `/webhooks/${id}`);
    }
  });

  it('that take 10 s hold up neither others nor polls', () =>
    withReceiver(slow => withReceiver(async quick => {
      const [u0, u1] = await stack.room(2);
      let hung = 0;
      slow.answer = () => (hung ||= Date.now()); // until the sender hangs up
      await addWebhook(stack, slow, `n-${u0.ws}`, { workspace: u0.ws });
      await until(() => hung > 0, 'the first is asked');
      const secret = await addWebhook(stack, quick, `n-${u0.ws}-2`, { workspace: u0.ws });
      await quick.begun(u0.ws);
      const poll = u1.poll({ since: await u1.cursor() });
      await u0.join();
      await poll;
      await until(() => quick.here(u0.ws).u0, 'the other is told', 20000);
      const ms = Date.now() - hung;
      assert.ok(ms < atMost(8000), `told after ${ms} ms`);
      quick.check(secret);
    })));

  it('show what invisible users are, if that is asked for', () =>
    withReceiver(async receiver => {
      const [u0] = await stack.room(2);
      const id = `p-${u0.ws}`;
      const secret = await addWebhook(stack, receiver, id, { workspace: u0.ws, reveal: true });
      await receiver.begun(u0.ws);
      const session = newSession();
      const is = (status, invisible) => until(() => {
        const { u0: one } = receiver.state(u0.ws);
        return one?.status === status && (one.invisible ?? false) === invisible;
      }, `u0 is ${status}`, 20000);
      await u0.join({ session });
      await is('active', false);
      await u0.say({ show: 'invisible' });
      await is('active', true);
      assert.ok(!receiver.changes(u0.ws).includes('u0 offline'));
      await u0.beat(session, { status: 'away' });
      await is('away', true);
      await u0.unsay();
      await is('away', false);
      await u0.say({ show: 'invisible' });
      await is('away', true);
      await u0.leaveNow(session);
      await is('offline', false);
      receiver.check(secret);
    }));

  it('show no invisible user', () =>
    withReceiver(async receiver => {
      const [u0, u1] = await stack.room(2);
      await addWebhook(stack, receiver, `o-${u0.ws}`, { workspace: u0.ws });
      await receiver.begun(u0.ws);
      await u0.join();
      await until(() => receiver.here(u0.ws).u0, 'it is told');
      await u0.say({ show: 'invisible' });
      await until(() => !receiver.here(u0.ws).u0, 'they are gone');
      await u1.join();
      await until(() => receiver.here(u0.ws).u1, 'it is told');
      assert.ok(receiver.letters.every(({ text }) => !text.includes('invisible')));
    }));
});

describe('a webhook, if something fails', { concurrency: 4 }, () => {
  it('tells of a user whose worker was killed within their lease', () =>
    withStack({ workers: 2, conf: { leave_grace: 0 } }, stack => withReceiver(async receiver => {
      const [u0] = await stack.room(1);
      const secret = await addWebhook(stack, receiver, 'crm', { workspace: u0.ws });
      await receiver.begun(u0.ws);
      const session = newSession();
      await u0.join({ session });
      await until(async () => (await u0.beat(session)) && receiver.here(u0.ws).u0, 'it is told');
      let isOver = false;
      u0.poll({ since: await u0.cursor(), session }).catch(() => {}).finally(() => (isOver = true));
      await until(async () => isOver || (await stack.parked()) > 0, 'it waits');
      for (const pid of stack.workers()) process.kill(pid, 'SIGKILL');
      await until(() => receiver.told(u0.ws).length > 0 && !receiver.here(u0.ws).u0, 'it is told that they are gone', 30000);
      receiver.check(secret);
    })));

  it('tells everybody again after Redis was flushed while the receiver was away', () =>
    withStack({ workers: 1, conf }, stack => withReceiver(async receiver => {
      const [u0, u1] = await stack.room(2);
      const secret = await addWebhook(stack, receiver, 'crm', { workspace: u0.ws });
      await receiver.begun(u0.ws);
      const session = newSession();
      await u0.join();
      await until(() => receiver.here(u0.ws).u0, 'it is told');
      receiver.answer = 503;
      await u1.join({ session });
      await until(() => receiver.refused.length > 0, 'it refuses');
      await stack.redis('FLUSHALL');
      await u1.beat(session);
      const told = receiver.told(u0.ws).length;
      receiver.answer = 204;
      const isTold = () => receiver.told(u0.ws).slice(told).some(({ resync }) => resync) && receiver.here(u0.ws).u1;
      await until(isTold, 'it is told everything', 45000);
      assert.deepEqual(receiver.here(u0.ws), { u1: 'active' });
      receiver.check(secret);
    })));

  it('goes on from its cursor when the process that delivers was killed, or the configuration reloaded', () =>
    withStack({ workers: 1, conf }, stack => withReceiver(async receiver => {
      const people = await stack.room(4);
      const { ws } = people[0];
      const secret = await addWebhook(stack, receiver, 'crm', { workspace: ws });
      await receiver.begun(ws);
      for (const [i, person] of people.entries()) {
        const pid = await sender(stack);
        if (i % 2) process.kill(pid, 'SIGKILL');
        else stack.daemon.signal('SIGHUP');
        await person.join();
        await until(() => stack.workers(true)[0] !== pid, 'another process delivers', 20000);
        await agrees(stack, receiver, ws, 30000);
      }
      assert.equal(receiver.told(ws).filter(({ resync }) => resync).length, 1);
      receiver.check(secret);
    })));

  it('is delivered by one process, of all that share a Redis', () =>
    withStack({ workers: 1, conf }, stack => withReceiver(async receiver => {
      const people = await stack.room(3);
      const { ws } = people[0];
      const secret = await addWebhook(stack, receiver, 'crm', { workspace: ws });
      await receiver.begun(ws);
      const second = startAnother(stack);
      const stopped = [stack.daemon.pid, await sender(stack)]; // the workers go on
      try {
        for (const person of people) await person.join();
        await agrees(stack, receiver, ws);
        for (const pid of stopped) process.kill(pid, 'SIGSTOP'); // the turn runs out
        await people[0].say({ show: 'away' });
        await agrees(stack, receiver, ws, 40000);
        for (const pid of stopped) process.kill(pid, 'SIGCONT');
        await people[1].say({ show: 'away' });
        await agrees(stack, receiver, ws);
        receiver.check(secret);
      } finally {
        for (const pid of stopped) process.kill(pid, 'SIGCONT');
        await second.stop('SIGTERM', atMost(15000));
      }
    })));

  it('ends with what the server says, whichever processes are killed while people come and go', () =>
    withStack({ workers: 2, conf: { ...conf, leave_grace: 0 } }, stack => withReceiver(async receiver => {
      const seed = newSeed();
      const dice = new Dice(seed);
      const people = await stack.room(8);
      const { ws } = people[0];
      const secret = await addWebhook(stack, receiver, 'crm', { workspace: ws });
      await receiver.begun(ws);
      receiver.answer = (letter, response) => {
        const status = dice.below(12) === 0 ? 500 : 204;
        (status === 204 ? receiver.letters : receiver.refused).push(letter);
        response.writeHead(status).end();
      };
      const sessions = people.map(newSession);
      const acts = [
        i => people[i].ask('POST', 'join', { body: { session: sessions[i], status: dice.pick(['active', 'away']) } }),
        i => people[i].leave(sessions[i], { now: true }).then(() => (sessions[i] = newSession())),
        i => people[i].ask('PUT', 'me/status', { body: { dnd: dice.below(2) === 0 } }),
        async () => process.kill(dice.pick(stack.workers()), 'SIGKILL'), // if any runs
        async () => stack.workers(true).forEach(pid => process.kill(pid, 'SIGKILL')),
      ];
      for (let step = 0; step < 150; step++) {
        // A request whose worker is killed fails; what it did shows in the end.
        await Promise.resolve(acts[dice.below(20) === 0 ? 3 + dice.below(2) : dice.below(3)](dice.below(8))).catch(() => {});
        await pause(dice.below(40));
      }
      receiver.answer = 204;
      await stack.ready();
      try {
        await agrees(stack, receiver, ws, 60000);
        receiver.check(secret);
      } catch (error) {
        error.message += ` (SEED=${seed})`;
        throw error;
      }
    })));

  it('is delivered with a Redis Cluster, wherever its workspaces are', async () => {
    const cluster = await startCluster();
    try {
      await withStack({ workers: 1, conf: { ...conf, redis: cluster.url } }, stack => withReceiver(async receiver => {
        const secret = await addWebhook(stack, receiver, 'crm');
        const masters = new Set();
        while (masters.size < 3) {
          const [u0] = await stack.room(1);
          masters.add(await cluster.masterOf(await cluster.partitionOf(u0.ws)));
          await u0.join();
          await agrees(stack, receiver, u0.ws, 30000);
        }
        await stack.adm('POST', '/webhooks/crm/test');
        await until(() => receiver.letters.some(({ type }) => type === 'rollcall.test'), 'the test comes', 15000);
        const pid = await sender(stack);
        process.kill(pid, 'SIGKILL');
        await until(() => stack.workers(true)[0] !== pid, 'another process delivers', 20000);
        const v0 = stack.as('u0', 'w1');
        await v0.say({ show: 'away' });
        await agrees(stack, receiver, 'w1', 30000);
        receiver.check(secret);
      }));
    } finally {
      await cluster.stop();
    }
  });

  it('holds up no other while the name server that knows its receiver is silent', { skip: !canMount && 'no file can be mounted here' }, async () => {
    const server = await startNameServer();
    const beforeStart = stack => {
      writeFileSync(stack.path('resolv.conf'), `nameserver ${server.address}\noptions timeout:10 attempts:2\n`);
      stack.options.env = { ROLLCALL_RESOLV: stack.path('resolv.conf') };
    };
    try {
      await withStack({ workers: 1, conf, prefix: ownResolver, beforeStart }, stack => withReceiver(named => withReceiver(async other => {
        const [u0] = await stack.room(1);
        const url = named.url.replace('127.0.0.1', 'receiver.rollcall.test');
        server.answers = false;
        await addWebhook(stack, other, 'other', { workspace: u0.ws });
        await other.begun(u0.ws);
        const pid = await sender(stack);
        await addWebhook(stack, { url }, 'named', { workspace: u0.ws });
        await until(() => server.asked > 0, 'the name server is asked', 15000);
        // Longer than libcurl waits for a name, and until it has asked again.
        for (const from = Date.now(), asked = server.asked; Date.now() - from < 15000 || server.asked === asked;) {
          const sent = Date.now();
          const letters = other.letters.length;
          await u0.say({ text: `${sent}` });
          await until(() => other.letters.length > letters, 'the other is told');
          assert.ok(Date.now() - sent < atMost(8000), `told after ${Date.now() - sent} ms`);
        }
        assert.equal(await sender(stack), pid, 'the same process delivers');
        assert.match(JSON.stringify((await stack.adm('GET', '/webhooks/named')).body), /Resolving timed out/);
        server.answers = true;
        await until(() => named.letters.length > 0, 'it is told once the name is known', 60000);
      })));
    } finally {
      server.socket.close();
    }
  });

  it('costs no memory while the receiver is away', { skip: unmeasured }, () =>
    withStack({ workers: 1, conf }, stack => withReceiver(async receiver => {
      const people = await stack.room(20);
      const { ws } = people[0];
      await addWebhook(stack, receiver, 'crm', { workspace: ws });
      await receiver.begun(ws);
      receiver.answer = 503;
      const sessions = people.map(newSession);
      const change = round =>
        Promise.all(people.map((person, i) => person.join({ session: sessions[i], status: round % 2 ? 'away' : 'active' })));
      const kib = pid => Number(/^Anonymous:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]);
      const pid = await sender(stack);
      for (let round = 0; round < 20; round++) await change(round);
      await until(() => receiver.refused.length > 1, 'it refuses');
      const before = kib(pid);
      for (let round = 0; round < 300; round++) await change(round);
      assert.ok(kib(pid) - before < 400, `${kib(pid) - before} KiB more after 6,000 changes`);
    })));
});
