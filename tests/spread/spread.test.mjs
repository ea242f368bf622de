// SPDX-License-Identifier: ISC
// Short runs of the truth checker over several machines. All faults: tests/truth/run --topology cluster|sentinel --fault all.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { rollcalld } from '../lib/stack.mjs';
import { whyNoMachines } from './network.mjs';

const program = fileURLToPath(new URL('../truth/run', import.meta.url));
const small = ['--seconds', '25', '--people', '12', '--followers', '9', '--workers', '1'];

/* Runs the checker with ARGS; resolves with { code, text }. */
function run(...args) {
  return new Promise(resolve =>
    execFile(process.execPath, [program, '--binary', rollcalld, ...args, ...small], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, text: stdout + stderr }),
    ),
  );
}

describe('three machines', { concurrency: 2, skip: whyNoMachines() ?? false }, () => {
  for (const [topology, what, fault] of [
    ['cluster', 'a Redis Cluster and a record', 'master-killed'],
    ['sentinel', 'Sentinel with TLS and a record', 'record-failover'],
  ])
    it(`with ${what} tell nobody anything untrue, with the fault ${fault}`, async () => {
      const { code, text } = await run('--topology', topology, '--fault', fault);
      assert.equal(code, 0, text);
      assert.match(text, /^HOLDS/);
    });
});
