// SPDX-License-Identifier: ISC
// A receiver that wants no more, if PostgreSQL, which holds the record, is slow or away when it says so.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, it } from 'node:test';
import { Gate, startPostgres } from '../lib/postgres.mjs';
import { addWebhook, withReceiver } from '../lib/receiver.mjs';
import { withStack } from '../lib/stack.mjs';
import { atMost, quickOnce, until } from '../lib/until.mjs';

const conf = { ttl: 60, heartbeat: 30 };

let postgres;
before(async () => (postgres = await startPostgres()));
after(() => postgres?.close());

/** Runs FN(stack, gone, other, people) with two receivers that were told of the people's workspace. */
const withTwo = (url, fn) =>
  withStack({ workers: 1, conf: { ...conf, record: url } }, stack => withReceiver(gone => withReceiver(async other => {
    const people = await stack.room(5);
    const { ws } = people[0];
    await addWebhook(stack, gone, 'gone', { workspace: ws });
    await addWebhook(stack, other, 'other', { workspace: ws });
    for (const receiver of [gone, other]) await receiver.begun(ws);
    gone.answer = 410;
    await fn(stack, gone, other, people);
  })));

/** The same; the first receiver has said that it wants no more, which cannot be written until FN has opened the gate, its 5th argument. */
async function withoutPostgres(name, fn) {
  postgres.create(name);
  const gate = new Gate(postgres, name);
  const url = `postgresql://postgres@/${name}?host=${encodeURIComponent(gate.dir)}&target_session_attrs=read-write`;
  try {
    await withTwo(url, async (stack, gone, other, people) => {
      gate.shut();
      await people[0].join();
      await until(() => notYet(stack), 'the log says so');
      await fn(stack, gone, other, people, gate);
    });
  } finally {
    gate.close();
  }
}

/** How often the log says that it cannot be switched off. */
const notYet = stack => stack.log().split(/webhook gone: .* cannot be switched off yet \(/).length - 1;

/** PERSON comes, which RECEIVER is told at once: after how many ms. */
async function comes(person, receiver) {
  const before = Date.now();
  await person.join();
  await until(() => receiver.here(person.ws)[person.user], 'the other receiver is told');
  const ms = Date.now() - before;
  assert.ok(ms < atMost(8000), `told after ${ms} ms`);
  return ms;
}

const isActive = async (stack, id) => (await stack.adm('GET', `/webhooks/${id}`)).body.active;

describe('a webhook whose receiver answers 410', () => {
  it('holds up no other while PostgreSQL is slow, and is switched off then', () =>
    withTwo(postgres.create('slow'), async (stack, gone, other, people) => {
      const psql = spawn('psql', ['-h', postgres.dir, '-U', 'postgres', '-qX', 'slow']);
      try {
        psql.stdin.write(`BEGIN; UPDATE member SET name = 'Held'; SELECT 'held';\n`);
        await once(psql.stdout, 'data');
        await people[0].join();
        await until(() => gone.refused.length > 0, 'it answers 410');
        /* Each attempt to switch it off has a connection of its own, waits for 3 s, and is made again 5 s later. */
        const newWaits = `SELECT count(*) FROM pg_stat_activity WHERE datname = 'slow' AND wait_event_type = 'Lock' AND
          backend_start > (SELECT min(xact_start) FROM pg_stat_activity WHERE state = 'idle in transaction')`;
        const isTried = () => postgres.sql(newWaits).trim() !== '0';
        const come = async i => {
          if (i > 0) await until(() => !isTried(), 'an attempt ends');
          await until(isTried, 'it waits for PostgreSQL');
          return comes(people[1 + i], other);
        };
        await quickOnce(come, 2000, { attempts: people.length - 1 });
        await until(() => /webhook gone: .* cannot be switched off yet \(.*held by another transaction/.test(stack.log()), 'the log says why');
        assert.equal(await isActive(stack, 'gone'), true);
        psql.stdin.end('COMMIT;\n');
        await once(psql, 'exit');
        await until(async () => (await isActive(stack, 'gone')) === false, 'it is switched off', 20000);
        assert.equal(await isActive(stack, 'other'), true);
        const said = await until(() => stack.log().match(/webhook gone: .* is switched off$/gm), 'the log says so');
        assert.equal(said.length, 1);
      } finally {
        psql.kill();
      }
    }));

  it('holds up no other while PostgreSQL is away, and is switched off then, whatever was killed meanwhile', () =>
    withoutPostgres('away', async (stack, gone, other, people, gate) => {
      await comes(people[1], other);
      const [pid] = stack.workers(true);
      process.kill(pid, 'SIGKILL');
      await until(() => (stack.workers(true)[0] ?? pid) !== pid, 'another process delivers', 20000);
      await until(() => notYet(stack) > 1, 'that one is told so too', 60000);
      await comes(people[2], other);
      gate.open();
      await until(async () => (await isActive(stack, 'gone')) === false, 'it is switched off', 30000);
      const { body } = await stack.adm('GET', '/webhooks/gone');
      assert.match(JSON.stringify(body), /answered 410, which switches the webhook off/);
      await comes(people[3], other);
    }));

  it('stays as it is if it takes letters again before that could be written', () =>
    withoutPostgres('again', async (stack, gone, other, people, gate) => {
      const { ws } = people[0];
      gone.answer = 204;
      await until(() => gone.here(ws).u0, 'it is told', 60000);
      gate.open();
      await until(async () => (await stack.adm('PUT', `/workspaces/${ws}/members/u9`, { body: {} })).status === 201, 'PostgreSQL is back');
      await people[1].join();
      await until(() => gone.here(ws).u1, 'it is told');
      other.answer = 410;
      await people[2].join();
      await until(async () => (await isActive(stack, 'other')) === false, 'what is gone by then is switched off', 20000);
      assert.equal(await isActive(stack, 'gone'), true);
      assert.doesNotMatch(stack.log(), /webhook gone: .* is switched off$/m);
    }));
});
