// SPDX-License-Identifier: ISC
// A Redis that lies on purpose: replies that never end, come late, come twice, come unasked, are of types that nobody asked for;
// messages that no script published; a greeting that makes no sense. Whatever it does, requests are answered, nobody goes offline,
// the worker neither ends nor stands still nor grows, the log says what is wrong, and all is well as soon as Redis is.
// Chance has a part too: SEED repeats a run, ROUNDS makes it longer.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { Dice, newSeed } from '../lib/dice.mjs';
import { newSession } from '../lib/person.mjs';
import { unmeasured } from '../lib/program.mjs';
import { startStack } from '../lib/stack.mjs';
import { atMost, pause, until } from '../lib/until.mjs';

const GROWN_MIB = 64; // a reply may have 16 MiB, as it comes and as it is kept; and what doubling costs
const KEPT_MIB = 24; // afterwards
const ROUNDS = Number(process.env.ROUNDS ?? 12);
const LOGGED_BYTES = 50000; // of a lie, however long it lasts
const CHUNK = Buffer.alloc(1 << 20, 'x');

const text = bytes => `$${bytes.length}\r\n${bytes}`; // each character a byte
const list = (...items) => `*${items.length}\r\n${items.join('\r\n')}`;
const message = (channel, payload) => `${list(text('message'), text(channel), text(payload))}\r\n`;

/* Writes CHUNK to SOCKET again and again, as fast as it is taken, for as long as GOING says and somebody is there. */
async function flood(socket, chunk, going) {
  const closed = new Promise(done => {
    socket.once('close', done);
  });
  while (going() && !socket.destroyed && socket.writable)
    if (socket.write(chunk)) await pause(0);
    else
      await Promise.race([closed, new Promise(done => {
        socket.once('drain', done);
      })]);
}

/* Writes BYTES one at a time, PAUSE ms apart, while somebody is there. */
async function trickle(socket, bytes, ms) {
  for (let at = 0; at < bytes.length && !socket.destroyed && socket.writable; at++) {
    socket.write(bytes.subarray(at, at + 1));
    await (ms ? pause(ms) : new Promise(done => setImmediate(done)));
  }
}

/* A reply that begins with HEAD and goes on for ever: MORE again and again. */
const endless = (head, more = CHUNK) => ({
  deliver: async socket => {
    socket.write(head);
    await flood(socket, more, () => true);
  },
});
const onScripts = deed => words => (words[0] === 'EVALSHA' ? deed : 'pass');
const onEach = deed => () => deed;

/* What it answers to scripts, in Redis's place or with what Redis said. */
const answers = {
  'comes byte by byte': onEach({ deliver: (socket, reply) => trickle(socket, reply, 0) }),
  'comes late by 3 s': onScripts({ deliver: (socket, reply) => pause(3000).then(() => socket.write(reply)) }),
  'comes twice': onScripts({ deliver: (socket, reply) => socket.write(Buffer.concat([reply, reply])) }),
  'comes with another that nobody asked for': onScripts({ deliver: (socket, reply) => socket.write(Buffer.concat([reply, Buffer.from(':1\r\n')])) }),
  'is half, then the connection is half closed': onScripts({ deliver: (socket, reply) => socket.end(reply.subarray(0, reply.length >> 1)) }),
  'is an error of 1 MB': onScripts({ answer: `-ERR ${'x'.repeat(1 << 20)}` }),
  'is an error that moves the cursor': onScripts({ answer: '-ERR \x1b[2J\x1b]0;owned\x07 \xc2\x9b31m' }),
  'is nested 1,000 deep': onScripts({ answer: `${'*1\r\n'.repeat(1000)}:1` }),
  'is a text of 10 MB': onScripts({ answer: text('x'.repeat(10 << 20)) }),
  'is a list of 1,000,000 numbers': onScripts({ answer: `*1000000${'\r\n:1'.repeat(1000000)}` }),
  'announces a list of 2,147,483,647': onScripts({ answer: '*2147483647\r\n:1' }),
  'announces a list of 9,223,372,036,854,775,807': onScripts({ answer: '*9223372036854775807\r\n:1' }),
  'announces a list of -2': onScripts({ answer: '*-2' }),
  'announces a text of -2 bytes': onScripts({ answer: '$-2\r\nab' }),
  'announces a text of 99,999,999,999,999,999,999 bytes': onScripts({ answer: '$99999999999999999999\r\nab' }),
  'is longer than it says': onScripts({ answer: '$2\r\nabcdef' }),
  'is a number that is none': onScripts({ answer: ':12a' }),
  'has bytes that are not UTF-8': onScripts({ answer: text('ok \xff\xfe\x00\xc0\x80 1 1 active 1 1') }),
  'is HTTP': onScripts({ answer: 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n' }),
  'is of RESP3: null': onScripts({ answer: '_' }),
  'is of RESP3: true': onScripts({ answer: '#t' }),
  'is of RESP3: a double': onScripts({ answer: ',3.14' }),
  'is of RESP3: a big number': onScripts({ answer: `(${'9'.repeat(400)}` }),
  'is of RESP3: an error in bulk': onScripts({ answer: '!5\r\nERR x' }),
  'is of RESP3: a verbatim text': onScripts({ answer: '=6\r\ntxt:ok' }),
  'is of RESP3: a map': onScripts({ answer: '%1\r\n+a\r\n:1' }),
  'is of RESP3: a set': onScripts({ answer: '~1\r\n:1' }),
  'is of RESP3: a push': onScripts({ answer: '>3\r\n+message\r\n+x\r\n+y' }),
  'is of RESP3: an attribute': onScripts({ answer: '|1\r\n+a\r\n:1\r\n+OK' }),
  'never ends: a text of 100 MB, in a flood': onScripts(endless('$104857600\r\n')),
  'never ends: a text of 2 TB, in a flood': onScripts(endless('$2000000000000\r\n')),
  'never ends: a line, in a flood': onScripts(endless('+')),
  'never ends: an error, in a flood': onScripts(endless('-ERR ')),
  'never ends: the length of a text': onScripts(endless('$', Buffer.alloc(1 << 20, '1'))),
  'never ends: a list, in a flood': onScripts(endless('*1000000\r\n', Buffer.from(':1\r\n'.repeat(1 << 16)))),
  'never ends: a list of long texts': onScripts(endless('*100000\r\n', Buffer.from(`${text('y'.repeat(65536))}\r\n`))),
};

/* What makes a worker wait until it gives up. */
const silences = {
  'never ends: a text of 100 MB, byte by byte': onScripts({
    deliver: socket => {
      socket.write('$104857600\r\n');
      return trickle(socket, CHUNK, 20);
    },
  }),
  'never ends: a line, byte by byte': onScripts({ deliver: socket => trickle(socket, Buffer.concat([Buffer.from('+'), CHUNK]), 20) }),
  'does not come': onScripts({ deliver: () => {} }),
};

/* How it greets: words of the command -> what is answered instead. */
const greetings = {
  'INFO is empty': ['INFO', text('')],
  'INFO is nothing': ['INFO', '$-1'],
  'INFO is a list': ['INFO', '*0'],
  'INFO is an error': ['INFO', '-ERR what is INFO?'],
  'INFO is 1 MB without a line': ['INFO', text('role:'.padEnd(1 << 20, 'm'))],
  'INFO names no replication id': ['INFO', text('role:master\r\n')],
  'INFO names one that is too long': ['INFO', text(`role:master\r\nmaster_replid:${'a'.repeat(41)}\r\n`)],
  'INFO names a role that moves the cursor': ['INFO', text(`role:\x1b[2J\r\nmaster_replid:${'a'.repeat(40)}\r\n`)],
  'INFO names a replica': ['INFO', text(`role:slave\r\nmaster_replid:${'a'.repeat(40)}\r\n`)],
  'SCRIPT LOAD is a number': ['SCRIPT', ':1'],
  'SCRIPT LOAD is in capitals': ['SCRIPT', text('A'.repeat(40))],
  'SCRIPT LOAD is short': ['SCRIPT', text('a'.repeat(39))],
  'SCRIPT LOAD injects a command': ['SCRIPT', text(`${'a'.repeat(20)}\r\n${'b'.repeat(18)}`)],
  'EVAL is refused': ['EVAL', '-NOPERM no'],
  'AUTH is wanted': ['SCRIPT', '-NOAUTH Authentication required.'],
  'AUTH is wrong': ['SCRIPT', '-WRONGPASS invalid username-password pair or user is disabled.'],
  'HELLO is wanted': ['CLIENT', '-NOPROTO unsupported protocol version', true],
  'SUBSCRIBE is for another channel': ['SUBSCRIBE', list(text('subscribe'), text('another'), ':1')],
  'SUBSCRIBE is a message': ['SUBSCRIBE', list(text('message'), text('rollcall:probe'), text('x'))],
  'SUBSCRIBE is a number': ['SUBSCRIBE', ':1'],
};

/* A stack whose Redis lies, with somebody who is there and somebody who watches. */
class Room {
  async open() {
    this.stack = await startStack({ proxy: true, web: 'lighttpd', conf: { ttl: 120, heartbeat: 60, wait: 20, gap: 60 } });
    [this.u0, this.u1, this.watcher] = await this.stack.room(3);
    ({ session: this.session } = await this.u0.join());
    this.others = await this.watcher.follow();
    await until(async () => (await this.stack.parked()) === 1, 'the watcher waits');
    [this.worker] = this.stack.workers();
    const [meta] = await this.stack.redis('KEYS', `rollcall:*:${this.u0.ws}:meta`);
    this.channel = String(meta).replace(/meta$/, 'changes');
    [this.epoch] = await this.stack.redis('HMGET', meta, 'epoch');
  }

  status(name) {
    return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${this.worker}/status`, 'utf8'))[1]) / 1024;
  }

  /* Requests of all kinds at once: each is answered as it should be, or with a 503 of Rollcall. */
  async askAll() {
    const { u0, session, stack } = this;
    const asked = await Promise.all([
      u0.ask('POST', 'join', { body: { session: 'session-again' } }),
      u0.beat(session),
      u0.poll({ session, wait: 0 }),
      u0.leave(newSession()),
      u0.ask('GET', 'status'),
      stack.adm('GET', `/workspaces/${u0.ws}/sessions?user=u0`),
    ]);
    for (const [i, { status, body }] of asked.entries())
      assert.ok(status < 300 || (status === 503 && body.code === 'redis_unavailable'), `request ${i}: ${status} ${JSON.stringify(body)}`);
  }

  /* All is as before the lie, within the time that it may take. */
  async isWell(ms = 20000) {
    const { u0, session, stack, others, worker } = this;
    stack.peer.rule = null;
    await until(async () => (await u0.beat(session)).status === 200, 'heartbeats are taken', ms);
    await stack.ready();
    assert.deepEqual(stack.workers(), [worker], 'the worker goes on');
    assert.ok(!others.told('u0').includes('offline'), 'nobody was told that they had gone');
    await until(async () => (await stack.parked()) === 1, 'the watcher waits', ms);
  }

  /* Runs LIE, and checks what it has cost, and that the log SAYS what was wrong. */
  async survives(lie, says = /^/) {
    const logged = this.stack.log().length;
    const before = this.status('VmRSS');
    writeFileSync(`/proc/${this.worker}/clear_refs`, '5'); // VmHWM starts again
    await lie();
    await this.isWell();
    await until(() => says.test(this.stack.log().slice(logged)), `the log says ${says}`);
    const lines = this.stack.log().slice(logged);
    assert.ok(lines.length < LOGGED_BYTES, `${lines.length} bytes of log`);
    assert.doesNotMatch(lines, /[^\n\x20-\x7e\xa0-\uffff]/, 'the log is text');
    if (!unmeasured) {
      const peak = this.status('VmHWM');
      assert.ok(peak - before < GROWN_MIB, `from ${before} to ${peak} MiB`);
      await until(() => this.status('VmRSS') - before < KEPT_MIB, `back to ${before} MiB`);
    }
  }
}

/* Tests that share a Room: TESTS(room). */
function inRoom(name, tests) {
  describe(name, { concurrency: 1 }, () => {
    const room = new Room();
    before(() => room.open());
    after(() => room.stack?.stop());
    tests(room);
  });
}

describe('a Redis that lies', { concurrency: 4 }, () => {
  inRoom('in its answers', room => {
    for (const [what, rule] of Object.entries(answers))
      it(`is lived through: an answer that ${what}`, () =>
        room.survives(async () => {
          room.stack.peer.rule = rule;
          const began = Date.now();
          await room.askAll();
          assert.ok(Date.now() - began < atMost(20000), `answered after ${Date.now() - began} ms`);
        }));

    it('is lived through: too few answers', () =>
      room.survives(async () => {
        let number = 0;
        room.stack.peer.rule = words => (words[0] === 'EVALSHA' && number++ % 5 === 0 ? { deliver: () => {} } : 'pass');
        await room.askAll();
      }));
  });

  inRoom('by its silence', room => {
    for (const [what, rule] of Object.entries(silences))
      it(`is given up: an answer that ${what}`, () =>
        room.survives(async () => {
          room.stack.peer.rule = rule;
          await room.askAll();
        }, /Redis is not available at .*: the command connection was lost: no answer for [\d.]+ s/));

    it('is given up at the next ping: a connection on which a single reply was lost', async () => {
      const { stack } = room;
      const reconnects = () => stack.metric('rollcall_redis_reconnects_total');
      await room.survives(async () => {
        const before = await reconnects();
        let lost = false;
        stack.peer.rule = words => {
          if (lost || words[0] !== 'EVALSHA') return 'pass';
          lost = true;
          return { deliver: () => {} };
        };
        await until(async () => (await reconnects()) > before, 'it is connected again');
      }, /Redis is not available at .*: INFO replication did not report/);
    });

    it('is lived through: bytes that nobody asked for, on all connections', async () => {
      for (const bytes of [':1\r\n', '+OK\r\n', '*0\r\n', '$-1\r\n', '-ERR you are not welcome\r\n', '\r\n', '\0', 'GET / HTTP/1.1\r\n\r\n'])
        await room.survives(() => room.stack.peer.push(bytes, true), /Redis is not available at .*: the (command|channel) connection was lost: /);
    });
  });

  inRoom('in its greeting', room => {
    for (const [what, [command, answer, harmless]] of Object.entries(greetings))
      it(`is told from a good one: a greeting in which ${what}`, async () => {
        const { stack } = room;
        await room.survives(async () => {
          stack.peer.rule = words => (words[0] === command ? { answer } : 'pass');
          stack.peer.drop();
          if (harmless) return;
          const { body } = await until(async () => {
            const readyz = await stack.req('GET', '/readyz');
            return readyz.status === 503 && readyz;
          }, 'readyz says that Redis is out of reach');
          assert.match(JSON.stringify(body), /Redis/);
          await room.askAll();
        }, /Redis is not available at /);
      });
  });

  inRoom('on its channels', room => {
    it('is lived through: messages that nobody listens to, and answers to no subscription', async () => {
      const { channel } = room;
      for (const bytes of [
        message('another', 'x'),
        message('', ''),
        `${list(text('pmessage'), text('*'), text(channel), text('x'))}\r\n`,
        `${list(text('subscribe'), text('another'), ':7')}\r\n`,
        `${list(text('unsubscribe'), text(channel), ':0')}\r\n`,
        `${list(text('message'), text(channel))}\r\n`,
        `${list(text('message'), text(channel), ':1')}\r\n`,
        `${list(text('message'), '*1\r\n:1', text('x'))}\r\n`,
        `${list(text('message'), text(channel), text('x'), text('y'))}\r\n`,
      ])
        await room.survives(() => room.stack.peer.push(bytes));
    });

    it('is lived through: messages that no script has published, and the next change is told', async () => {
      const { epoch, channel, u1, others } = room;
      const bad = [
        '', ' ', '{"seq":1', '\xff\xfe\xfd', '\0', 'x'.repeat(5000), `${epoch}`, `${epoch} `,
        `${epoch} 9007199254740991 offline 1 lapsed u0`,
        `${epoch} 9223372036854775807 offline 1 lapsed u0`,
        `${epoch} ${'9'.repeat(300)} offline 1 lapsed u0`,
        `${epoch} 0 offline 1 lapsed u0`,
        `${epoch} -1 offline 1 lapsed u0`,
        `${'0'.repeat(16)} 1 offline 1 lapsed u0`,
        `${'f'.repeat(16)} 9007199254740991 offline 1 lapsed u0`,
        `${epoch} 1 offline 1 lapsed ${'u'.repeat(4000)}`,
        `${epoch} 1 offline 1 lapsed \xff\xc0`,
        `${epoch} 9007199254740991 offline 1 - \x01`,
        `${epoch} 9007199254740991 - 1 - \x01${'u'.repeat(4000)}`,
      ];
      await room.survives(() => room.stack.peer.push(bad.map(payload => message(channel, payload)).join('')));
      for (const status of ['active', 'away', 'active']) {
        await u1.beat('session-of-u1', { status });
        await until(() => others.told('u1').at(-1) === status, 'a change is told');
      }
    });

    it('is lived through: states that no script has written, and the next change is told', async () => {
      const { stack, channel, epoch, u1, others } = room;
      const key = name => channel.replace(/changes$/, name);
      const states = [
        '', 'x', '{', '{"status":', '[]', 'null', '5', '"away"', '9'.repeat(1000), '['.repeat(2000), '{"status":5}', '{"status":"dead"}',
        '{"status":"away","since":1e400,"why":"beat"}', '{"status":"away","since":-1}', '{"status":["away"]}', '\xff\xfe', '{"status":"\xff"}',
      ];
      const users = ['\x01\x01', 'a\0b', '\xff\xc0', 'u'.repeat(4000), ' ', '\x01'];
      let seq;
      const write = async (user, state) => {
        seq = await stack.redis('HINCRBY', key('meta'), 'seq', 1);
        await stack.redis('HSET', key('state'), Buffer.from(user, 'latin1'), Buffer.from(state, 'latin1'));
        await stack.redis('ZADD', key('changed'), seq, Buffer.from(user, 'latin1'));
      };
      await room.survives(async () => {
        for (const [i, state] of states.entries()) await write(`ghost${i}`, state);
        for (const user of users) await write(user, '{"status":"away","since":1,"why":"beat"}');
        await stack.redis('PUBLISH', channel, `${epoch} ${seq} away 1 beat ghost0`); // so that they are read at once
        await until(() => /is not readable and was skipped/.test(stack.log()), 'they are read');
      });
      for (const status of ['away', 'active']) {
        await u1.beat('session-of-u1', { status });
        await until(() => others.told('u1').at(-1) === status, 'a change is told');
      }
      const { status, body } = await u1.ask('GET', 'status');
      assert.equal(status, 200);
      assert.ok(body.users.every(one => /^[\x20-\x7e]+$/.test(one.user)), JSON.stringify(body.users));
    });

    for (const [what, payload] of [
      ['of a change far ahead', epoch => `${epoch} 9007199254740991 offline 1 lapsed u0`],
      ['of another epoch', () => `${'f'.repeat(16)} 1 offline 1 lapsed u0`],
      ['that are no changes', () => 'nonsense'],
    ])
      it(`keeps nobody waiting: a flood of messages ${what}`, () =>
        room.survives(async () => {
          let over = false;
          const chunk = Buffer.from(message(room.channel, payload(room.epoch)).repeat(10000), 'latin1');
          const floods = [...room.stack.peer.links].filter(link => link.subscribed).map(link => flood(link.client, chunk, () => !over));
          for (let i = 0; i < 20; i++) {
            const { status, ms } = await room.u0.beat(room.session);
            if (status !== 200) assert.equal(status, 503);
            assert.ok(ms < 20000 || unmeasured, `a heartbeat took ${ms} ms`);
            await pause(100);
          }
          over = true;
          await Promise.all(floods);
        }));

    it('is lived through: a message that never ends', () =>
      room.survives(async () => {
        const floods = [...room.stack.peer.links].filter(link => link.subscribed).map(async link => {
          link.client.write(`*3\r\n$7\r\nmessage\r\n${text(room.channel)}\r\n$2000000000000\r\n`);
          await flood(link.client, CHUNK, () => true);
        });
        await room.askAll();
        await Promise.all(floods);
      }));
  });

  inRoom('by chance', room => {
    it('is lived through, whatever it says', async () => {
      const seed = newSeed();
      const dice = new Dice(seed);
      const lies = Object.values(answers).map(rule => rule(['EVALSHA']));
      const odd = ['-', ':', '+', '$', '*', '*3', '$7', '\r', '\n', '\0', '1', '-1', 'message', room.channel, '\xff'];
      const random = () => Array.from({ length: 1 + dice.below(20) }, () => dice.pick(odd) + (dice.below(2) ? '\r\n' : '')).join('');
      const lie = async () => {
        const { peer } = room.stack;
        const part = dice.next() ** 2;
        peer.rule = () => {
          if (dice.next() > part) return 'pass';
          const what = dice.below(6);
          if (what === 0) return { answer: random() };
          if (what === 1) return { cut: dice.below(60) };
          if (what === 2) return 'close';
          return dice.pick(lies);
        };
        if (dice.below(3) === 0) peer.drop(dice.below(2) === 0);
        if (dice.below(3) === 0) peer.push(random(), dice.below(2) === 0);
        await room.askAll();
      };
      try {
        for (let round = 0; round < ROUNDS; round++) await room.survives(lie);
      } catch (error) {
        error.message += ` (SEED=${seed})`;
        throw error;
      }
    });
  });
});
