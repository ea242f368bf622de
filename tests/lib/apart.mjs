// SPDX-License-Identifier: ISC
// A client that would starve the test beside it runs in a process of its own: a module that is also a program.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/**
 * Runs the module at URL as a program and gives it WHAT as a line of JSON. `began` resolves when it prints a first line, and
 * stop() ends it and resolves with the JSON that it prints then.
 */
export function startApart(url, what) {
  const child = spawn(process.execPath, [fileURLToPath(url)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  child.stdin.write(`${JSON.stringify(what)}\n`);
  const next = () =>
    new Promise((resolve, reject) => {
      lines.once('line', resolve);
      child.once('error', reject);
    });
  const began = next();
  return {
    began,
    stop: async () => {
      await began;
      const last = next();
      child.stdin.end();
      return JSON.parse(await last);
    },
  };
}
