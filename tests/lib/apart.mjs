// SPDX-License-Identifier: ISC
// A client that would starve the test beside it runs in a process of its own: a module that is also a program.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Runs the module at URL as a program and gives it WHAT as a line of JSON. stop() ends it and resolves with the JSON it prints. */
export function startApart(url, what) {
  const child = spawn(process.execPath, [fileURLToPath(url)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  child.stdin.write(`${JSON.stringify(what)}\n`);
  return {
    stop: () =>
      new Promise((resolve, reject) => {
        lines.once('line', line => resolve(JSON.parse(line)));
        child.once('error', reject);
        child.stdin.end();
      }),
  };
}
