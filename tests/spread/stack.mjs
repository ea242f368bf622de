// SPDX-License-Identifier: ISC
// A Rollcall on several machines, as docs/DEPLOY.md describes it: three with rollcalld and Redis, nginx on a fourth, and a PostgreSQL
// and its standby, which hold the record. To a test it is a stack as any other.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { Child } from '../lib/child.mjs';
import * as fcgi from '../lib/fcgi.mjs';
import { startPostgres } from '../lib/postgres.mjs';
import { confText, rollcalld, Stack } from '../lib/stack.mjs';
import { atMost, until } from '../lib/until.mjs';
import { Network } from './network.mjs';
import { startNginx, watchConnections } from './nginx.mjs';
import { topologies } from './topologies.mjs';

const FASTCGI = 9000;

/* A commit is answered when the standby has it, so a failover loses nothing. */
const synchronous = ['synchronous_standby_names=*', 'wal_retrieve_retry_interval=500ms'];

class Host {
  constructor(stack, machine) {
    Object.assign(this, { stack, machine, name: machine.name });
    this.address = `${machine.host}:${FASTCGI}`;
    this.file = stack.path(`${this.name}.conf`);
    this.log = stack.path(`${this.name}.log`);
  }

  writeConf(conf) {
    writeFileSync(this.file, confText({ ...conf, listen: this.address, database: this.stack.path(`${this.name}.db`) }));
  }

  argv(...args) {
    return [...this.machine.prefix, rollcalld, '-c', this.file, ...args];
  }

  start() {
    this.daemon = new Child(this.argv(), { log: this.log, cwd: this.stack.dir });
  }

  /** A request to this one alone, past the web server. */
  ask(method, path, options) {
    return fcgi.call(this.address, method, path, options);
  }

  /** Until it is ready, and follows the record. */
  ready(ms = 20000) {
    return until(async () => {
      const { status, body } = await this.ask('GET', '/readyz', { ms: 2000 });
      return status === 200 && body.record === 'ok';
    }, `rollcalld on ${this.name} is ready`, ms);
  }
}

class SpreadStack extends Stack {
  async open() {
    const { topology, workers = 1, conf = {} } = this.options;
    this.network = new Network();
    const machines = ['m1', 'm2', 'm3'].map(name => this.network.add(name));
    await this.#startRecord();
    this.topology = await topologies[topology](machines, this.dir);
    this.conf = { workers, redis: this.topology.url, record: this.record, auth: ['token'], rate_limit: 0, ...conf };
    this.hosts = machines.map(machine => new Host(this, machine));
    for (const host of this.hosts) host.writeConf(this.conf);
    const argv = this.hosts[0].argv('--new-admin-token', 'tests');
    this.admin = execFileSync(argv[0], argv.slice(1), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim().split(/\s+/).at(-1);
    for (const host of this.hosts) host.start();
    await Promise.all(this.hosts.map(host => host.ready()));
    await this.#startWeb();
  }

  async #startRecord() {
    const [one, other] = ['db1', 'db2'].map(name => this.network.add(name));
    this.primary = await startPostgres(null, { machine: one, settings: synchronous });
    this.standby = await startPostgres(this.primary, { machine: other });
    this.primary.create('rollcall');
    this.record = this.primary.url('rollcall', this.standby);
  }

  async #startWeb() {
    const machine = this.network.add('web');
    watchConnections(machine);
    Object.assign(this, { host: machine.host, port: 80 });
    mkdirSync(this.path('nginx'));
    this.web = startNginx(machine, { dir: this.path('nginx'), mount: this.options.mount, addresses: this.hosts.map(({ address }) => address) });
    await until(async () => (await this.req('GET', '/healthz')).status === 200, 'nginx answers');
  }

  /** Also asked again while the machine that is asked has not heard yet of what another one wrote. */
  async admDone(method, path, options) {
    let answer;
    await until(async () => ![404, 503].includes((answer = await this.adm(method, path, options)).status), `${method} ${path} is taken`);
    return answer;
  }

  /** All have Redis: they are ready. */
  hasRedis() {
    return Promise.all(this.hosts.map(host => host.ready()));
  }

  log() {
    return this.hosts.map(({ log }) => (existsSync(log) ? readFileSync(log, 'utf8') : '')).join('');
  }

  pids() {
    return [...this.hosts.map(({ daemon }) => daemon), this.web, this.primary.server].map(({ pid }) => pid).concat(this.topology.pids());
  }

  async stop() {
    try {
      await Promise.all((this.hosts ?? []).map(({ daemon }) => daemon?.stop('SIGTERM', atMost(15000))));
      this.checkLog();
    } finally {
      await this.web?.stop('SIGTERM', 3000);
      await this.topology?.stop();
      await this.standby?.close();
      await this.primary?.close();
      this.network?.close();
      this.remove([...(this.hosts ?? []).map(({ log }) => log), this.path('nginx', 'error.log')]);
    }
  }
}

/** Starts one of a TOPOLOGY, "cluster" or "sentinel". OPTIONS: workers of each rollcalld, conf. */
export async function startSpread(options) {
  const stack = new SpreadStack({ mount: '/rollcall', ...options });
  try {
    await stack.open();
    return stack;
  } catch (error) {
    await stack.stop().catch(() => {});
    throw error;
  }
}
