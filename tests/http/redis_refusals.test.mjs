// SPDX-License-Identifier: ISC
// A Redis that answers but refuses to write: readyz, the doctor and the metrics say so, with what to do, also if nobody asks for
// anything meanwhile. Alone, with sentinels, and one server of a cluster.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { startCluster } from '../lib/cluster.mjs';
import * as fcgi from '../lib/fcgi.mjs';
import { master, startWatched, tell } from '../lib/sentinels.mjs';
import { rollcalld, withStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

const times = { ttl: 30, heartbeat: 10, wait: 2, gap: 5 };

/* The doctor's finding about Redis, and how it ended. */
function doctor(stack) {
  const { stdout, status } = spawnSync(rollcalld, ['-c', stack.path('rollcall.conf'), '--doctor'], { encoding: 'utf8' });
  return { finding: stdout.match(/^(?:ok|BAD) +redis .*$/m)?.[0] ?? stdout, status };
}

const ask = (stack, path) => fcgi.call(stack.address, 'GET', path);

/* How many workers are refused, by server. */
const refused = async stack =>
  [...(await ask(stack, '/metrics')).body.matchAll(/^rollcall_redis_node_refusing\{node="(.*)"\} [1-9]\d*$/gm)].map(([, node]) => node);

/* STACK, whose Redis takes writes, says SENTENCE in readyz and to the doctor, with ADVICE, from REFUSE() until MEND(). */
async function says(stack, { refuse, mend, sentence, advice, node }) {
  await until(async () => (await ask(stack, '/readyz')).status === 200, 'it is ready', 20000);
  assert.deepEqual(await refused(stack), []);
  assert.match(doctor(stack).finding, /^ok /);
  await refuse();
  const readyz = await until(async () => {
    const answer = await ask(stack, '/readyz');
    return answer.status === 503 && answer;
  }, 'readyz says it', 20000);
  const { code, redis, ready } = readyz.body;
  assert.deepEqual([code, ready], ['redis_unavailable', false]);
  assert.match(redis, sentence);
  assert.match(stack.log(), sentence);
  await until(async () => (await refused(stack)).length === 1, 'the metrics say it');
  if (node) assert.deepEqual(await refused(stack), [node]);
  const { finding, status } = doctor(stack);
  assert.match(finding, new RegExp(`^BAD +redis +${sentence.source}; ${advice.source}`));
  assert.equal(status, 1);
  await mend();
  await until(async () => (await ask(stack, '/readyz')).status === 200, 'it is ready again', 20000);
  await until(async () => (await refused(stack)).length === 0, 'the metrics say it');
  assert.match(doctor(stack).finding, /^ok /);
}

describe('a Redis that refuses to write', { concurrency: 4 }, () => {
  const withOne = fn => withStack({ web: null, conf: times }, stack => fn(stack, (...words) => stack.redis(...words)));

  it('for want of replicas says so, and what to do', () =>
    withOne((stack, redis) =>
      says(stack, {
        refuse: () => redis('CONFIG', 'SET', 'min-replicas-to-write', 1),
        mend: () => redis('CONFIG', 'SET', 'min-replicas-to-write', 0),
        sentence: /Redis refuses to write: NOREPLICAS Not enough good replicas to write/,
        advice: /start its replicas.*min-replicas-to-write$/,
      })));

  it('for want of memory says so, and what to do', () =>
    withOne((stack, redis) =>
      says(stack, {
        refuse: () => redis('CONFIG', 'SET', 'maxmemory', 1),
        mend: () => redis('CONFIG', 'SET', 'maxmemory', 0),
        sentence: /Redis refuses to write: OOM command not allowed.*/,
        advice: /raise maxmemory/,
      })));

  it('because it cannot save says so, and what to do', () =>
    withOne((stack, redis) => {
      const inTheWay = join(stack.redisServer.dir, 'dump.rdb'); // a file that has this name cannot be put here
      const saved = async how => (await redis('INFO', 'persistence')).includes(`rdb_last_bgsave_status:${how}`);
      const save = async how => {
        await until(() => redis('BGSAVE').catch(() => null), 'it saves');
        await until(() => saved(how), 'it has saved');
      };
      return says(stack, {
        refuse: async () => {
          mkdirSync(inTheWay);
          await redis('CONFIG', 'SET', 'save', '3600 1');
          await save('err');
        },
        mend: async () => {
          rmdirSync(inTheWay);
          await save('ok');
        },
        sentence: /Redis refuses to write: MISCONF .*/,
        advice: /Redis cannot save to its disk: .*BGSAVE/,
      });
    }));

  it('was found so at the start: readyz says so from the first answer on', () =>
    withStack({ web: null, conf: times, redisArgs: ['--min-replicas-to-write', '1'], awaitReady: false }, async stack => {
      const { body } = await until(async () => {
        const answer = await ask(stack, '/readyz');
        assert.equal(answer.status, 503);
        return !/not answered yet/.test(answer.body.redis) && answer;
      }, 'Redis has answered');
      assert.match(body.redis, /^Redis refuses to write: NOREPLICAS/);
    }));
});

describe('a Redis that does not know a command', () => {
  const withoutZadd = (args, fn) => withStack({ web: null, conf: times, redisArgs: args, awaitReady: false }, fn);

  for (const [name, to] of [
    ['that was removed', ''],
    ['that was renamed', 'OTHER'],
  ])
    it(`${name} is not used, and the command is named`, () =>
      withoutZadd(['--rename-command', 'ZADD', to], async stack => {
        const sentence = /Redis does not know these commands: ZADD; look for rename-command/;
        await until(async () => sentence.test((await ask(stack, '/readyz')).body.redis), 'readyz says it');
        assert.match(stack.log(), sentence);
        const { finding, status } = doctor(stack);
        assert.match(finding, new RegExp(`^BAD +redis +.*${sentence.source}`));
        assert.equal(status, 1);
      }));

  it('that is called by itself is not used, and the command is named', () =>
    withoutZadd(['--rename-command', 'EVALSHA', ''], async stack => {
      const sentence = /EVALSHA: ERR unknown command .*; look for rename-command/;
      await until(async () => sentence.test((await ask(stack, '/readyz')).body.redis), 'readyz says it');
      assert.match(doctor(stack).finding, new RegExp(`^BAD +redis +.*${sentence.source}`));
    }));
});

describe('a master that sentinels name and that refuses to write', () => {
  it('is named, with what to do', async () => {
    const watched = await startWatched({ count: 1 });
    const [node] = watched.nodes;
    const redis = `redis-sentinel://127.0.0.1:${watched.sentinels[0].port}/0?master=${encodeURIComponent(master)}`;
    const need = count => tell(node, 'CONFIG', 'SET', 'min-replicas-to-write', count);
    try {
      await withStack({ web: null, conf: { ...times, redis } }, async stack => {
        await until(async () => (await ask(stack, '/readyz')).status === 200, 'it is ready');
        await says(stack, {
          refuse: () => need(2),
          mend: () => need(0),
          sentence: new RegExp(`Redis at 127\\.0\\.0\\.1:${node.port} refuses to write: NOREPLICAS Not enough good replicas to write`),
          advice: /start its replicas/,
          node: `127.0.0.1:${node.port}`,
        });
      });
    } finally {
      await watched.stop();
    }
  });
});

describe('one server of a Redis Cluster that refuses to write', () => {
  it('is not named any more when it takes writes, though its first slot is on its way', async () => {
    const cluster = await startCluster();
    const node = await cluster.masterOf(0);
    const [slot, [, to]] = [await cluster.slotOf(0), await cluster.mastersFor(0)];
    try {
      await withStack({ web: null, conf: { ...times, redis: cluster.url } }, async stack => {
        await until(async () => (await ask(stack, '/readyz')).status === 200, 'it is ready', 20000);
        await node.call('CONFIG', 'SET', 'maxmemory', 1);
        await until(async () => (await refused(stack)).length === 1, 'the metrics say it', 20000);
        await node.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to.id);
        await node.call('CONFIG', 'SET', 'maxmemory', 0);
        await until(async () => (await refused(stack)).length === 0, 'the metrics say it', 20000);
        await node.call('CLUSTER', 'SETSLOT', slot, 'STABLE');
        await until(async () => (await ask(stack, '/readyz')).status === 200, 'it is ready again', 20000);
      });
    } finally {
      await cluster.stop();
    }
  });

  it('is named, with what to do', async () => {
    const cluster = await startCluster();
    const node = await cluster.masterOf(40);
    try {
      await withStack({ web: null, conf: { ...times, redis: cluster.url } }, async stack => {
        await until(async () => (await ask(stack, '/readyz')).status === 200, 'it is ready', 20000);
        await says(stack, {
          refuse: () => node.call('CONFIG', 'SET', 'maxmemory', 1),
          mend: () => node.call('CONFIG', 'SET', 'maxmemory', 0),
          sentence: new RegExp(`Redis at 127\\.0\\.0\\.1:${node.port} refuses to write: OOM .*`),
          advice: /raise maxmemory/,
          node: `127.0.0.1:${node.port}`,
        });
      });
    } finally {
      await cluster.stop();
    }
  });
});
