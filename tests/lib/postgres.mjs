// SPDX-License-Identifier: ISC
// A private PostgreSQL for one test file, on a Unix socket in a directory of its own.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Child, makeDirectory, rememberLog, removeDirectory } from './child.mjs';
import { until } from './until.mjs';

/** The directory of the newest PostgreSQL's programs; undefined if none is installed. */
function findPrograms() {
  const root = '/usr/lib/postgresql';
  try {
    const versions = readdirSync(root).sort((a, b) => Number(a) - Number(b));
    return versions.length ? join(root, versions.at(-1), 'bin') : undefined;
  } catch {
    return undefined;
  }
}

/* Its server refuses to run as root. */
const owner = () => {
  const field = (flag, name) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
  return process.getuid() === 0 ? { uid: field('-u', 'postgres'), gid: field('-g', 'postgres') } : null;
};

export class Postgres {
  /** With PRIMARY, a standby of it. */
  constructor(primary) {
    this.programs = findPrograms();
    assert.ok(this.programs, 'PostgreSQL is not installed: apt-get install postgresql');
    this.owner = owner();
    this.dir = makeDirectory('rollcall-pg-');
    this.data = join(this.dir, 'data');
    mkdirSync(this.data);
    if (this.owner) for (const path of [this.dir, this.data]) chownSync(path, this.owner.uid, this.owner.gid);
    chmodSync(this.data, 0o700);
    if (primary) this.run('pg_basebackup', '-h', primary.dir, '-U', 'postgres', '-D', this.data, '-R', '-c', 'fast');
    else this.run('initdb', '-D', this.data, '-A', 'trust', '-U', 'postgres', '-E', 'UTF8', '--locale=C', '-N');
  }

  #as(argv) {
    if (!this.owner) return argv;
    const { uid, gid } = this.owner;
    return ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--pdeathsig', 'KILL', ...argv];
  }

  /** Runs one of PostgreSQL's programs to its end; its stdout. */
  run(name, ...args) {
    const [program, ...rest] = this.#as([join(this.programs, name), ...args]);
    return execFileSync(program, rest, { encoding: 'utf8', cwd: this.dir, stdio: ['ignore', 'pipe', 'pipe'] });
  }

  async start() {
    const settings = ['listen_addresses=', 'fsync=off', 'shared_buffers=16MB', 'max_connections=60'];
    this.server = new Child(
      this.#as([join(this.programs, 'postgres'), '-D', this.data, '-k', this.dir, ...settings.flatMap(s => ['-c', s])]),
      { log: join(this.dir, 'log'), cwd: this.dir },
    );
    await until(() => this.sql('SELECT 1', 'postgres').trim() === '1', 'PostgreSQL answers', 30000);
  }

  /** Stops it, by default at once, as a crash does. */
  stop(signal = 'SIGQUIT') {
    return this.server.stop(signal);
  }

  /** A new, empty database; its URL for rollcalld. */
  create(name) {
    this.run('createdb', '-h', this.dir, '-U', 'postgres', name);
    return this.url(name);
  }

  url(name, ...others) {
    const hosts = [this, ...others].map(({ dir }) => encodeURIComponent(dir)).join(',');
    return `postgresql://postgres@/${name}?host=${hosts}&target_session_attrs=read-write`;
  }

  /** Makes a standby the primary. */
  promote() {
    this.run('pg_ctl', '-D', this.data, '-w', 'promote');
  }

  /** What psql answers to TEXT in database NAME, without decoration. */
  sql(text, name = 'postgres') {
    return this.run('psql', '-h', this.dir, '-U', 'postgres', '-qAtX', '-v', 'ON_ERROR_STOP=1', '-c', text, name);
  }

  async close() {
    await this.stop();
    rememberLog(join(this.dir, 'log'));
    removeDirectory(this.dir);
  }
}

/** A PostgreSQL, or a standby of PRIMARY. */
export async function startPostgres(primary) {
  const postgres = new Postgres(primary);
  await postgres.start();
  return postgres;
}
