// SPDX-License-Identifier: ISC
// The daemon's own life: stopping, reloading, dying, and coming back.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, constants, createReadStream, existsSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import * as fcgi from '../lib/fcgi.mjs';
import { rollcalld, withStack } from '../lib/stack.mjs';
import { atMost, pause, until } from '../lib/until.mjs';

const long = { ttl: 60, heartbeat: 30, wait: 30, gap: 10 };

async function timedStop(stack, signal = 'SIGTERM') {
  const began = Date.now();
  const exit = await stack.daemon.stop(signal, 20000);
  return { ...exit, ms: Date.now() - began };
}

describe('the daemon', { concurrency: 3 }, () => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    it(`ends on ${signal} when idle within 2 s, with status 0 and its socket gone`, () =>
      withStack({}, async stack => {
        const [u0] = await stack.room(1);
        await u0.join();
        const { code, ms } = await timedStop(stack, signal);
        assert.equal(code, 0);
        assert.ok(ms < atMost(4000), `${ms} ms`);
        assert.ok(!existsSync(stack.address));
      }));
  }

  it('answers each parked poll with its own cursor when it has to end, within 5 s', () =>
    withStack({ workers: 2, conf: long }, async stack => {
      const people = await stack.room(4);
      const since = await people[0].cursor();
      const parked = Array.from({ length: 100 }, (_, i) => people[i % people.length].poll({ since }));
      await until(async () => (await stack.parked()) === 100, 'all are parked');
      const { code, ms } = await timedStop(stack);
      assert.equal(code, 0);
      assert.ok(ms < atMost(9000), `${ms} ms`);
      for (const one of parked) {
        const { status, body } = await one;
        assert.deepEqual([status, body.cursor, body.changes], [200, since, []]);
      }
    }));

  it('bears two SIGTERMs 10 ms apart', () =>
    withStack({ conf: long }, async stack => {
      const [u0] = await stack.room(1);
      const parked = u0.poll({ since: await u0.cursor() });
      await until(async () => (await stack.parked()) === 1, 'it is parked');
      stack.daemon.signal('SIGTERM');
      await pause(10);
      const { code } = await timedStop(stack);
      assert.equal(code, 0);
      assert.equal((await parked).status, 200);
      assert.ok(!existsSync(stack.address));
    }));

  it('ends as it should on a SIGTERM that comes while its workers start', () =>
    withStack({ web: null, workers: 2, conf: long }, async stack => {
      await stack.stopDaemon();
      for (let round = 1; round <= 5; round++) {
        stack.startDaemon();
        await until(() => stack.log().split('serving on').length > round + 1, 'the workers were started');
        await stack.stopDaemon();
      }
      assert.doesNotMatch(stack.log(), /did not stop cleanly/);
    }));

  it('names the process that it had to kill at the end', () =>
    withStack({ web: null, conf: long }, async stack => {
      const sender = await until(() => stack.workers(true)[0], 'a process delivers webhooks');
      process.kill(sender, 'SIGSTOP');
      await stack.stopDaemon();
      assert.match(stack.log(), new RegExp(`sender ${sender} did not stop cleanly: signal 9`));
    }));

  it('rereads its configuration on SIGHUP without a refused request', () =>
    withStack({ workers: 2, conf: long }, async stack => {
      const [u0] = await stack.room(1);
      const { session } = await u0.join();
      const old = stack.workers();
      const statuses = {};
      let going = true;
      const load = Promise.all(
        Array.from({ length: 4 }, async () => {
          while (going) {
            const { status } = await u0.beat(session).catch(error => ({ status: error.code }));
            statuses[status] = (statuses[status] ?? 0) + 1;
          }
        }),
      );
      const parked = u0.poll({ since: await u0.cursor() });
      for (const heartbeat of [20, 15]) {
        stack.writeConf({ heartbeat });
        stack.daemon.signal('SIGHUP');
        await until(
          async () => (await u0.beat(session)).body.heartbeat === heartbeat,
          'the new configuration works',
        );
      }
      await until(
        () => stack.workers().length === 2 && stack.workers().every(pid => !old.includes(pid)),
        'the old workers have gone',
        15000,
      );
      going = false;
      await load;
      assert.deepEqual(Object.keys(statuses), ['200'], JSON.stringify(statuses));
      assert.equal((await parked).status, 200, 'the parked poll was answered');
    }));

  it('keeps its old configuration if the new one is wrong, and says what is wrong', () =>
    withStack({}, async stack => {
      const [u0] = await stack.room(1);
      writeFileSync(stack.path('rollcall.conf'), 'nonsense = 1\n');
      stack.daemon.signal('SIGHUP');
      await until(
        () => /rollcall\.conf/.test(stack.log()) && /nonsense/.test(stack.log()),
        'the fault is in the log',
      );
      assert.equal((await u0.ask('POST', 'join', { body: {} })).status, 201);
    }));

  it('replaces a worker that dies, with nothing lost but its parked polls', () =>
    withStack({ workers: 2, conf: long }, async stack => {
      const [u0, u1] = await stack.room(2);
      const { session, cursor } = await u0.join(); // the other worker may know of it later
      const followers = await Promise.all(Array.from({ length: 4 }, () => u1.follow({ since: cursor })));
      const before = stack.workers();
      process.kill(before[0], 'SIGKILL');
      await until(
        () => stack.workers().length === 2 && !stack.workers().includes(before[0]),
        'another worker is there',
      );
      assert.equal((await u0.beat(session, { status: 'away' })).status, 200);
      for (const one of followers) {
        await one.saw('u0', 'away', 15000);
        assert.deepEqual(one.told('u0'), ['away']);
        await one.stop();
      }
    }));

  it('replaces a worker that no longer responds; its polls end, and the other serves', () =>
    withStack({ workers: 2, conf: long }, async stack => {
      const [u0, u1] = await stack.room(2);
      const { session, cursor: since } = await u0.join();
      let ended = 0;
      const polls = Array.from({ length: 20 }, () =>
        u1.poll({ since }).then(answer => ((ended += answer.status >= 500), answer)),
      );
      await until(async () => (await stack.parked()) === 20, 'all are parked');
      const descriptors = pid => readdirSync(`/proc/${pid}/fd`).length;
      const [stopped, other] = stack.workers().sort((a, b) => descriptors(b) - descriptors(a));
      process.kill(stopped, 'SIGSTOP');
      const began = Date.now();
      const replaced = () => stack.workers().length === 2 && !stack.workers().includes(stopped);
      while (!replaced()) {
        assert.equal((await u0.beat(session)).status, 200);
        assert.ok(Date.now() - began < atMost(30000), 'it was never replaced');
        await pause(100);
      }
      await until(() => ended > 0, 'clients of its polls are told');
      assert.ok(stack.workers().includes(other));
      assert.equal(await stack.metric('rollcall_silent_workers_total'), 1);
      await until(() => stack.log().includes(`worker ${stopped} has not responded`), 'the log says it');
      await u0.beat(session, { status: 'away' });
      for (const { status, body } of await Promise.all(polls))
        assert.ok(status >= 500 || body.changes[0].user === u0.user, `${status}`);
    }));

  it('outlives a limit on the size of files: what cannot be written is refused', () =>
    withStack({ workers: 2, conf: long }, async stack => {
      await stack.room(1);
      const before = stack.workers();
      const limit = size => before.forEach(pid => execFileSync('prlimit', ['--pid', String(pid), `--fsize=${size}`]));
      const put = () => stack.adm('PUT', '/workspaces/limited', { body: { name: 'Limited' } });
      limit('1024:');
      const { status } = await put();
      assert.ok([503, 507].includes(status), `${status}`);
      limit('unlimited:');
      await until(async () => (await put()).status === 201, 'it can be written again');
      assert.deepEqual(stack.workers(), before);
    }));

  it('kills no worker because all of them were stopped together', () =>
    withStack({ workers: 2, conf: long }, async stack => {
      const [u0] = await stack.room(1);
      const before = stack.workers();
      process.kill(-stack.daemon.pid, 'SIGSTOP');
      await pause(9000); // longer than a silent one is left alive
      process.kill(-stack.daemon.pid, 'SIGCONT');
      assert.equal((await u0.ask('POST', 'join', { body: {} })).status, 201);
      await pause(1500); // in which they are looked at
      assert.deepEqual(stack.workers(), before);
    }));

  it('waits for nobody who does not read its log, drops lines and says how many', () =>
    withStack(
      {
        prefix: ['sh', '-c', 'exec "$@" 2>log', 'sh'],
        conf: long,
        beforeStart: stack => {
          execFileSync('mkfifo', [stack.path('log')]);
          stack.reader = openSync(stack.path('log'), constants.O_RDWR);
        },
      },
      async stack => {
        const [u0] = await stack.room(1);
        const { session } = await u0.join();
        let changes = 0;
        while ((await stack.metric('rollcall_log_dropped_total')) === 0) {
          assert.ok(changes < 20000, 'the pipe and the queue have room for ever');
          const names = Array.from({ length: 200 }, () => `member-${changes++}-${'x'.repeat(100)}`);
          await Promise.all(
            names.map(name => stack.adm('PUT', `/workspaces/${u0.ws}/members/${name}`, { body: {} })),
          );
        }
        assert.equal((await u0.beat(session)).status, 200);
        assert.equal((await stack.req('GET', '/healthz')).status, 200);
        let text = '';
        const stream = createReadStream(stack.path('log')).on('data', data => (text += data));
        await until(() => /<4>\d+ log lines were dropped/.test(text), 'the log says how many');
        stream.destroy();
        assert.match(text, /^<\d>[^\n]*serving on/m);
        await u0.beat(session);
        const { code, ms } = await timedStop(stack);
        assert.equal(code, 0);
        assert.ok(ms < atMost(9000), `${ms} ms`);
        closeSync(stack.reader);
      },
    ));

  it('shows no ghosts when it was dead for longer than a lease', () =>
    withStack({ workers: 2, conf: { ttl: 4, heartbeat: 1, wait: 1, gap: 1 } }, async stack => {
      const [u0, u1, u2] = await stack.room(3);
      await u0.join();
      await u1.join();
      const since = await u2.cursor();
      await stack.kill();
      await pause(5000); // the fault was seen after 70 s
      stack.startDaemon();
      await stack.ready();
      assert.deepEqual(await u2.sees(), {}, 'the first answer knows it already');
      const { body } = await u2.poll({ since });
      assert.equal(body.resync, false);
      assert.deepEqual(body.changes.map(({ user, status, why }) => [user, status, why]).sort(), [
        ['u0', 'offline', 'lapsed'],
        ['u1', 'offline', 'lapsed'],
      ]);
    }));

  it('changes nothing for others when it comes back within a lease', () =>
    withStack({ workers: 2, conf: long }, async stack => {
      const [u0, u1] = await stack.room(2);
      const { session, cursor: since } = await u0.join();
      await stack.kill();
      stack.startDaemon();
      await stack.ready();
      assert.equal((await u0.beat(session)).status, 200);
      assert.deepEqual((await u1.poll({ since, wait: 0 })).body.changes, []);
      assert.equal(await u1.cursor(), since);
    }));

  it('leaves no worker behind when the master is killed', () =>
    withStack({ workers: 2 }, async stack => {
      const workers = stack.workers();
      stack.daemon.signal('SIGKILL');
      const gone = pid => {
        try {
          process.kill(pid, 0);
          return false;
        } catch {
          return true;
        }
      };
      await until(() => workers.every(gone), 'the workers have ended too');
      await stack.daemon.ended;
    }));

  it('takes over the socket file of one that was killed, but not of one that lives', () =>
    withStack({}, async stack => {
      await stack.kill();
      assert.ok(existsSync(stack.address));
      stack.startDaemon();
      await stack.ready();
      const second = spawnSync(rollcalld, ['-c', stack.path('rollcall.conf')], {
        encoding: 'utf8',
        timeout: 10000,
      });
      assert.notEqual(second.status, 0);
      assert.ok(second.stderr.includes(stack.address), second.stderr);
      await stack.ready();
    }));

  it('serves one request as a plain CGI program', () =>
    withStack({ conf: long }, async stack => {
      const [u0] = await stack.room(1);
      await u0.join();
      const target = `/v1/workspaces/${u0.ws}/status`;
      const env = {
        ...fcgi.variables('GET', target, { token: stack.tokens.get('u0') }),
        ROLLCALL_CONF: stack.path('rollcall.conf'),
        PATH: process.env.PATH,
      };
      const answer = fcgi.parseAnswer(execFileSync(rollcalld, { env, input: '' }));
      assert.equal(answer.status, 200);
      assert.deepEqual(
        answer.body.users.map(one => one.user),
        ['u0'],
      );
      const body = JSON.stringify({ session: 'session-cgi' });
      const beat = fcgi.variables('POST', `/v1/workspaces/${u0.ws}/heartbeat`, {
        token: stack.tokens.get('u0'),
        body,
      });
      assert.equal(
        fcgi.parseAnswer(execFileSync(rollcalld, { env: { ...env, ...beat }, input: body })).status,
        200,
      );
    }));

  it('answers 500 as a CGI program whose configuration cannot be used, and the log says why', () =>
    withStack({ web: null, conf: long }, async stack => {
      writeFileSync(stack.path('other.conf'), 'nonsense = 1\n');
      const env = { ...fcgi.variables('GET', '/healthz'), ROLLCALL_CONF: stack.path('other.conf'), PATH: process.env.PATH };
      const { status, stdout, stderr } = spawnSync(rollcalld, { env, input: '' });
      const answer = fcgi.parseAnswer(stdout);
      assert.deepEqual([status, answer.status, answer.body.code], [1, 500, 'internal']);
      assert.match(answer.headers['content-type'], /^application\/problem\+json/);
      assert.match(String(stderr), /other\.conf:1: .*nonsense/);
    }));
});

describe('the command line', () => {
  it('checks a configuration, and names file and line of what is wrong', () =>
    withStack({ web: null }, async stack => {
      const check = text => {
        writeFileSync(stack.path('other.conf'), text);
        return spawnSync(rollcalld, ['-c', stack.path('other.conf'), '-t'], { encoding: 'utf8' });
      };
      const paths = `listen = "${stack.path('other.sock')}"\ndatabase = "${stack.path('other.db')}"\n`;
      assert.equal(check(`ttl = 50\n${paths}`).status, 0);
      for (const wrong of [
        'ttl = 60\nnonsense = 1\n',
        'ttl = 60\nheartbeat = 0\n',
        'ttl = 60\nttl = "x"\n',
        'ttl = 60\nworkers = -1\n',
        'ttl = 60\nauth = {"magic"}\n',
      ]) {
        const { status, stderr } = check(wrong);
        assert.notEqual(status, 0, wrong);
        assert.match(stderr, /other\.conf:2\b/, wrong);
      }
      const open = check(`listen = "0.0.0.0:9077"\ndatabase = "${stack.path('other.db')}"\n`);
      assert.equal(open.status, 0);
      assert.match(open.stdout, /other\.conf: ok/);
      assert.match(open.stderr, /other\.conf:1: listen: anyone who reaches 0\.0\.0\.0:9077 can speak for anyone/);
      const missing = spawnSync(rollcalld, ['-c', stack.path('none.conf'), '-t'], { encoding: 'utf8' });
      assert.notEqual(missing.status, 0);
      assert.match(missing.stderr, /none\.conf/);
    }));

  it('tells its version and its usage', () => {
    assert.match(execFileSync(rollcalld, ['-V'], { encoding: 'utf8' }), /\d+\.\d+/);
    assert.match(execFileSync(rollcalld, ['-h'], { encoding: 'utf8' }), /--new-admin-token/);
    const wrong = spawnSync(rollcalld, ['--nonsense'], { encoding: 'utf8' });
    assert.notEqual(wrong.status, 0);
    assert.match(wrong.stderr, /usage|Usage|-h/);
  });
});
