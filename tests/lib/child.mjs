// SPDX-License-Identifier: ISC
// Programs that a test starts: each in a process group of its own, logging to a file, and gone when the test is, however
// that ends. Directories made here are removed too, and if the test failed the ends of the logs are shown.
import { spawn } from 'node:child_process';
import { chmodSync, closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const running = new Set();
const directories = new Set();
const tails = [];

/* The kernel ends what a killed test runner leaves behind. */
const leash = existsSync('/usr/bin/setpriv') ? ['/usr/bin/setpriv', '--pdeathsig', 'KILL', '--'] : [];

/** The last LINES of FILE, or "". */
export function tail(file, lines = 40) {
  if (!existsSync(file)) return '';
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}

/** Keeps the end of LOG, to be shown should this test file fail. */
export function rememberLog(log) {
  const text = tail(log);
  if (text) tails.push(`---- ${basename(log)}\n${text}`);
}

/** Forgets those ends: what they belong to went well. */
export function forgetLogs() {
  tails.length = 0;
}

/** A new directory that others may look into; removed at the end. */
export function makeDirectory(name = 'rollcall-test-') {
  const dir = mkdtempSync(join(tmpdir(), name));
  chmodSync(dir, 0o755);
  directories.add(dir);
  return dir;
}

export function removeDirectory(dir) {
  directories.delete(dir);
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
}

function killGroup(pid, signal) {
  try {
    process.kill(Child.apart ? -pid : pid, signal);
  } catch {
    /* it has ended already */
  }
}

/** Where what a test starts runs, if nothing else is said: its address, and what comes before its command. */
export const here = { host: '127.0.0.1', prefix: [] };

export class Child {
  /** Whether each has a session of its own, and so a process group. */
  static apart = true;

  /** Starts ARGV, with its output at the end of LOG; stdin is a descriptor, 'pipe' or 'ignore'. */
  constructor(argv, { log, env = process.env, cwd, stdin = 'ignore' }) {
    const out = openSync(log, 'a');
    const [program, ...args] = [...leash, ...argv];
    this.log = log;
    this.exit = null; // { code, signal } once it has ended
    this.process = spawn(program, args, { stdio: [stdin, out, out], env, cwd, detached: Child.apart });
    closeSync(out);
    this.pid = this.process.pid;
    this.ended = new Promise(done => {
      const end = (code, signal) => {
        this.exit = { code, signal };
        running.delete(this);
        done(this.exit);
      };
      this.process.on('exit', end);
      this.process.on('error', error => end(error.code, null));
    });
    running.add(this);
  }

  signal(name) {
    if (!this.exit) this.process.kill(name);
  }

  /** Ends it with NAME, and by force after MS; resolves with how it ended. */
  async stop(name = 'SIGTERM', ms = 10000) {
    if (this.exit) return this.exit;
    const force = setTimeout(() => killGroup(this.pid, 'SIGKILL'), ms);
    this.signal(name);
    await this.ended;
    clearTimeout(force);
    killGroup(this.pid, 'SIGKILL');
    return this.exit;
  }

  /** Kills it and all of its children at once. */
  async kill() {
    killGroup(this.pid, 'SIGKILL');
    return this.ended;
  }
}

process.on('exit', code => {
  for (const child of running) {
    killGroup(child.pid, 'SIGKILL');
    rememberLog(child.log);
  }
  for (const dir of directories) rmSync(dir, { recursive: true, force: true });
  if (code !== 0 && tails.length) console.error(tails.join('\n'));
});
for (const [name, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
])
  process.on(name, () => process.exit(code));
