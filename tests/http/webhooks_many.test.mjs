// SPDX-License-Identifier: ISC
// Many workspaces, and as many webhooks as there can be: all are told, and nobody waits for the others.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { unmeasured } from '../lib/program.mjs';
import { addWebhook, withReceiver } from '../lib/receiver.mjs';
import { withStack } from '../lib/stack.mjs';
import { atMost, pause, until } from '../lib/until.mjs';

const conf = { ttl: 60, heartbeat: 30 };
const workspaces = 1000;
const mostWebhooks = 100;
const mostAtOnce = 16;

const addWorkspaces = stack => {
  const rows = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${workspaces})
    INSERT INTO workspace (id, name, created_ms) SELECT 'x' || i, 'X', 1 FROM n`;
  execFileSync('sqlite3', ['-batch', '-bail', '-cmd', '.timeout 5000', stack.path('rollcall.db'), rows]);
};

/** How many KiB of its own the process that delivers has. */
const kib = stack => Number(/^Anonymous:\s+(\d+)/m.exec(readFileSync(`/proc/${stack.workers(true)[0]}/smaps_rollup`, 'utf8'))[1]);

describe('a webhook', () => {
  it('of many workspaces is told of all, 16 at a time, and one failure of its receiver is one line in the log', () =>
    withStack({ workers: 1, conf }, stack => withReceiver(other => withReceiver(async receiver => {
      const [u0] = await stack.room(1);
      await addWebhook(stack, other, 'other', { workspace: u0.ws });
      await other.begun(u0.ws);
      const before = kib(stack);
      let open = 0;
      let most = 0;
      receiver.answer = async (letter, response) => {
        most = Math.max(most, ++open);
        await pause(20);
        open--;
        receiver.letters.push(letter);
        response.writeHead(204).end();
      };
      addWorkspaces(stack);
      const secret = await addWebhook(stack, receiver, 'all');
      let told = 0;
      for (; receiver.letters.length < workspaces + 1; told++) {
        const letters = other.letters.length;
        await u0.say({ text: `${told}` });
        await until(() => other.letters.length > letters, 'the other is told', 20000);
      }
      assert.ok(told > 4, `the other was told ${told} times meanwhile`);
      assert.ok(most <= mostAtOnce, `${most} at once`);
      receiver.check(secret);
      if (!unmeasured) assert.ok(kib(stack) - before < 16 * workspaces, `${kib(stack) - before} KiB more`);

      receiver.answer = 503;
      for (const id of ['x1', 'x2', 'x3']) await stack.adm('POST', '/webhooks/all/replay', { body: { workspace: id } });
      await until(() => new Set(receiver.refused.map(({ data }) => data.workspace)).size >= 3, 'three fail', 20000);
      await until(() => receiver.refused.length >= 6, 'they are tried again', 20000);
      assert.equal(stack.log().match(/webhook all: the receiver answered 503/g).length, 1);
    }))));

  it('is told beside as many others as a workspace can have', () =>
    withStack({ workers: 1, conf }, stack => withReceiver(async receiver => {
      const [u0, u1] = await stack.room(2);
      for (let i = 0; i < mostWebhooks; i++) await addWebhook(stack, receiver, `h${i}`, { workspace: u0.ws });
      const full = await stack.adm('PUT', '/webhooks/more', { body: { url: receiver.url } });
      assert.equal(full.status, 409, JSON.stringify(full.body));
      await until(() => receiver.letters.length >= mostWebhooks, 'each is told who is there', 20000);
      const letters = receiver.letters.length;
      const sent = Date.now();
      await u1.join();
      await until(() => receiver.letters.length >= letters + mostWebhooks, 'each is told that u1 came', 20000);
      assert.ok(Date.now() - sent < atMost(15000), `told after ${Date.now() - sent} ms`);
    })));
});
