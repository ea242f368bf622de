// SPDX-License-Identifier: ISC
// A private PostgreSQL for one test file, on a Unix socket in a directory of its own, or on another machine.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, chownSync, copyFileSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Child, makeDirectory, rememberLog, removeDirectory } from './child.mjs';
import { until } from './until.mjs';
import { freePort } from './web.mjs';

const socketName = '.s.PGSQL.5432';

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

/** A way to database NAME of POSTGRES that can be shut: its Unix socket is in .dir, too. */
export class Gate {
  constructor(postgres, name) {
    Object.assign(this, { postgres, name, dir: makeDirectory('rollcall-gate-') });
    this.open();
  }

  open() {
    symlinkSync(join(this.postgres.dir, socketName), join(this.dir, socketName));
  }

  /** Ends all connections to the database; who comes this way makes no other. */
  shut() {
    rmSync(join(this.dir, socketName));
    const others = `datname = '${this.name}' AND pid <> pg_backend_pid()`;
    this.postgres.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${others}`);
  }

  close() {
    removeDirectory(this.dir);
  }
}

export class Postgres {
  /**
   * With PRIMARY, a standby of it. MACHINE: { host, prefix }, where it is reached by TCP too; SETTINGS: further ones; PORT: if it
   * is not the usual one.
   */
  constructor(primary, { machine, settings = [], port = 5432 } = {}) {
    this.machine = machine;
    this.port = port;
    this.settings = ['fsync=off', 'shared_buffers=16MB', 'max_connections=60', `listen_addresses=${machine?.host ?? ''}`,
      `port=${port}`, ...settings];
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
    if (machine) appendFileSync(join(this.data, 'pg_hba.conf'), 'host all all samenet trust\n');
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
    const argv = [join(this.programs, 'postgres'), '-D', this.data, '-k', this.dir, ...this.settings.flatMap(s => ['-c', s])];
    const log = join(this.dir, 'log');
    this.server = new Child([...(this.machine?.prefix ?? []), ...this.#as(argv)], { log, cwd: this.dir });
    await until(() => this.sql('SELECT 1', 'postgres').trim() === '1', 'PostgreSQL answers', 30000);
  }

  /** Stops it, by default at once, as a crash does. */
  stop(signal = 'SIGQUIT') {
    return this.server.stop(signal);
  }

  /** A new, empty database; its URL for rollcalld. */
  create(name) {
    this.run('createdb', '-h', this.dir, '-p', String(this.port), '-U', 'postgres', name);
    return this.url(name);
  }

  url(name, ...others) {
    const hosts = [this, ...others].map(({ dir, machine }) => encodeURIComponent(machine?.host ?? dir)).join(',');
    return `postgresql://postgres@/${name}?host=${hosts}&target_session_attrs=read-write`;
  }

  /** Makes a standby the primary. */
  promote() {
    this.run('pg_ctl', '-D', this.data, '-w', 'promote');
  }

  /** What psql answers to TEXT in database NAME, without decoration. */
  sql(text, name = 'postgres') {
    return this.run('psql', '-h', this.dir, '-p', String(this.port), '-U', 'postgres', '-qAtX', '-v', 'ON_ERROR_STOP=1', '-c', text, name);
  }

  async close() {
    await this.stop();
    rememberLog(join(this.dir, 'log'));
    removeDirectory(this.dir);
  }
}

/** A PostgreSQL, or a standby of PRIMARY; OPTIONS as above. */
export async function startPostgres(primary, options) {
  const postgres = new Postgres(primary, options);
  await postgres.start();
  return postgres;
}

/** One that also speaks TLS at 127.0.0.1 and .port, with the certificate {cert, key}. */
export async function startTlsPostgres({ cert, key }) {
  const files = makeDirectory('rollcall-pg-tls-');
  const who = owner();
  /* The server wants to own them. */
  const [ssl_cert_file, ssl_key_file] = [cert, key].map(file => {
    const path = join(files, basename(file));
    copyFileSync(file, path);
    chmodSync(path, 0o600);
    if (who) chownSync(path, who.uid, who.gid);
    return path;
  });
  const settings = ['listen_addresses=127.0.0.1', 'ssl=on', `ssl_cert_file=${ssl_cert_file}`, `ssl_key_file=${ssl_key_file}`];
  return startPostgres(undefined, { port: await freePort(), settings });
}
