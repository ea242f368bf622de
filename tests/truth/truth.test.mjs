// SPDX-License-Identifier: ISC
// Short runs of the truth checker, each in a process of its own. Long ones, and all faults: tests/truth/run.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { rollcalld } from '../lib/stack.mjs';
import { mutants, withEdits } from './mutants.mjs';

const program = fileURLToPath(new URL('run', import.meta.url));

/* Runs the checker with ARGS; resolves with { code, text }. */
function run(...args) {
  return new Promise(resolve =>
    execFile(process.execPath, [program, '--binary', rollcalld, ...args], (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, text: stdout + stderr }),
    ),
  );
}

describe('the truth checker', { concurrency: 8 }, () => {
  for (const [web, fault] of [
    ['lighttpd', 'none'],
    ['nginx', 'none'],
    ['lighttpd', 'clients-killed'],
    ['nginx', 'worker-killed'],
    ['lighttpd', 'redis-stopped'],
    ['nginx', 'database-replaced'],
    ['lighttpd', 'flushall-at-rest'],
  ])
    it(`finds nothing untrue behind ${web}, with the fault ${fault}`, async () => {
      const small = ['--seconds', '25', '--people', '12', '--followers', '9'];
      const { code, text } = await run('--web', web, '--fault', fault, ...small);
      assert.equal(code, 0, text);
      assert.match(text, /^HOLDS/);
    });

  it('has mutants that fit the daemon as it is', () => {
    const src = fileURLToPath(new URL('../../src', import.meta.url));
    for (const { edits } of Object.values(mutants)) assert.notDeepEqual(withEdits(edits, src), []);
  });

  it('says what it can do, and what is wrong with how it was called', async () => {
    assert.match((await run('--help')).text, /^usage: tests\/truth\/run/);
    for (const wrong of [['--web', 'iis'], ['--seconds', 'ten'], ['--fault', 'fire'], ['--frob']])
      assert.equal((await run(...wrong)).code, 2, wrong.join(' '));
  });
});
