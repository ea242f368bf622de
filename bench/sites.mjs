// SPDX-License-Identifier: ISC
// What bench/busy.mjs compares: Rollcall behind nginx and lighttpd, Nchan, and Socket.IO; each with the requests of its watchers and
// of those who change, and with its processes by kind.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Child, makeDirectory, removeDirectory } from '../tests/lib/child.mjs';
import { request } from '../tests/lib/http.mjs';
import { startServer } from '../tests/lib/servers.mjs';
import { startStack } from '../tests/lib/stack.mjs';
import { until } from '../tests/lib/until.mjs';
import { freePort } from '../tests/lib/web.mjs';
import { hasModule, modules } from './modules.mjs';
import { compile, family } from './stack.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const mount = '/presence';
const ws = 'acme';
const PEOPLE = 200; // the watchers are theirs: several each
/* Nobody beats during a run, so nobody may lapse, and no stream asks for a beat. */
const times = { ttl: 3000, heartbeat: 600, wait: 55, gap: 10, leave_grace: 5, closed_grace: 8, rate_limit: 0 };
const nchanModule = '/usr/lib/nginx/modules/ngx_nchan_module.so';

/** Seconds of CPU that the processes PIDS have used, by the scheduler's own clock. */
export function cpuSeconds(pids) {
  const tasks = pids.flatMap(pid => readdirSync(`/proc/${pid}/task`).map(task => `/proc/${pid}/task/${task}/schedstat`));
  return tasks.reduce((sum, file) => sum + Number(readFileSync(file, 'utf8').split(' ')[0]), 0) / 1e9;
}

/** Proportional set size of the processes PIDS, bytes. */
export function pssBytes(pids) {
  return pids.reduce((sum, pid) => sum + Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) * 1024, 0);
}

/**
 * A site under test. processes(): lists of pids, by kind. lines(kind, watchers, changers): the requests of each, as
 * bench/watchers.c reads them; cursor(): where watchers start; waiting(): how many it knows of.
 */
class Site {
  constructor(name) {
    this.name = name;
    this.children = {}; // by the kind of process
    this.dir = makeDirectory('rollcall-bench-');
  }

  processes() {
    return Object.fromEntries(Object.entries(this.children).map(([kind, child]) => [kind, family(child.pid)]));
  }

  start(kind, argv) {
    this.children[kind] = new Child(argv, { log: join(this.dir, 'log'), cwd: this.dir });
  }

  cursor() {
    return '';
  }

  waiting() {
    return null; // it does not tell
  }

  async stop() {
    for (const child of Object.values(this.children)) await child.stop('SIGTERM', 3000);
    removeDirectory(this.dir);
  }
}

/* ---- Rollcall ---- */

function changesOf(web, bare) {
  if (web === 'nginx')
    return [
      ['    location ~ ^/presence(/metrics|/readyz)$ {', `    location /bare/ {
        include /etc/nginx/fastcgi_params;
        fastcgi_read_timeout 600s;
        fastcgi_pass unix:${bare};
    }

    location ~ ^/presence(/metrics|/readyz)$ {`],
      ['allow         127.0.0.9', 'allow         127.0.0.0/8'],
    ];
  return [
    ['127.0.0.9', '127.0.0.0/8'],
    ['server.listen-backlog  = 4096', `server.listen-backlog  = 4096
server.max-keep-alive-idle = 600
server.max-keep-alive-requests = 1000000`],
    ['# ---- at a path of an existing site', `fastcgi.server += ("/bare" => (("socket" => "${bare}", "check-local" => "disable")))
# ---- at a path of an existing site`],
  ];
}

class RollcallSite extends Site {
  static async open(web) {
    const self = new RollcallSite(`Rollcall ${web}`);
    self.web = web;
    self.stack = await startStack({ web: null, workers: 2, mount, conf: times });
    self.start('bare', [compile('bare', self.dir), join(self.dir, 'bare.sock')]);
    const server = await startServer(web, {
      dir: self.dir, address: self.stack.address, processes: 2, changes: changesOf(web, join(self.dir, 'bare.sock')),
    });
    self.server = server;
    self.port = self.stack.port = server.port;
    await self.stack.ready();
    await self.fill();
    return self;
  }

  async fill() {
    this.people = await this.stack.people(ws, 'w', PEOPLE);
    this.changers = [];
    // They are all here already, so that nobody is told of those who connect.
    for (const user of this.people) await this.join(user);
  }

  async join(user) {
    const body = { session: `bench-${user}`, status: 'active' };
    await this.stack.req('POST', `/v1/workspaces/${ws}/join`, { user, body });
  }

  /* N people who change. */
  async needChangers(n) {
    for (let i = this.changers.length; i < n; i++) {
      const user = `c${i}`;
      await this.stack.addMember(ws, user);
      this.changers.push(user);
    }
    for (const user of this.changers.slice(0, n)) await this.join(user);
  }

  async lines(kind, watchers, changers) {
    if (kind === 'bare') return [...Array(watchers).fill('/bare/park\t-'), ...Array(changers).fill('/bare/fire\t-')];
    await this.needChangers(changers);
    const token = user => this.stack.tokens.get(user);
    const watcher = i => {
      const user = this.people[i % PEOPLE];
      return `${mount}/v1/workspaces/${ws}/stream?wait=50&session=watch-${user}-${Math.floor(i / PEOPLE)}\t${token(user)}`;
    };
    return [
      ...Array.from({ length: watchers }, (_, i) => watcher(i)),
      ...this.changers.slice(0, changers).map(user => `${mount}/v1/workspaces/${ws}/heartbeat\t${token(user)}`),
    ];
  }

  async cursor() {
    const { body } = await this.stack.req('GET', `/v1/workspaces/${ws}/status?limit=1`, { user: this.people[0] });
    return body.cursor;
  }

  waiting() {
    return this.stack.parked();
  }

  processes() {
    return {
      'web server': family(this.server.pid),
      worker: this.stack.workers(),
      Redis: [this.stack.redisServer.pid],
    };
  }

  async stop() {
    await this.server?.stop('SIGTERM', 3000);
    await this.stack.stop();
    await super.stop();
  }
}

/* ---- the yardsticks ---- */

class NchanSite extends Site {
  static async open() {
    const self = new NchanSite('Nchan');
    self.port = await freePort();
    const own = join(self.dir, 'nginx');
    mkdirSync(own);
    const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(t => `${t}_temp_path ${own}/${t};`).join(' ');
    writeFileSync(join(own, 'nginx.conf'), `load_module ${nchanModule};
${process.getuid() === 0 ? 'user root;' : ''} worker_processes 2; daemon off; pid ${own}/pid; error_log ${own}/error.log;
worker_rlimit_nofile 20000;
events { worker_connections 19900; }
http {
  access_log off; keepalive_requests 1000000; keepalive_timeout 600s; nchan_shared_memory_size 256m; ${temps}
  server {
    listen 127.0.0.1:${self.port} backlog=4096;
    nchan_message_buffer_length 5000; nchan_message_timeout 5m; nchan_subscriber_first_message newest;
    location = /publish { nchan_publisher; nchan_channel_id all; }
    location = /subscribe { nchan_subscriber longpoll; nchan_channel_id all; }
    location = /up { return 200; }
  }
}
`);
    self.start('web server', ['nginx', '-c', join(own, 'nginx.conf')]);
    await until(() => request({ port: self.port, method: 'GET', path: '/up' }).then(({ status }) => status === 200, () => false), 'Nchan answers');
    return self;
  }

  lines(kind, watchers, changers) {
    return [...Array(watchers).fill('/subscribe\t-'), ...Array(changers).fill('/publish\t-')];
  }
}

class SocketIoSite extends Site {
  static async open() {
    const self = new SocketIoSite('Socket.IO');
    self.port = await freePort();
    self.start('Node', [process.execPath, join(here, 'socketio.mjs'), String(self.port), modules]);
    await until(() => request({ port: self.port, method: 'GET', path: '/' }).then(({ status }) => status === 200, () => false), 'Socket.IO answers');
    return self;
  }

  lines(kind, watchers, changers) {
    return Array(watchers + changers).fill('/socket.io/?EIO=4&transport=websocket\t-');
  }
}

const ours = ['poll', 'stream', 'bare'];

/** All that can be compared: name, kinds of clients, open() and, if it cannot be opened here, missing: what to do about it. */
export const sites = [
  { name: 'Rollcall nginx', kinds: ours, open: () => RollcallSite.open('nginx'), missing: null },
  { name: 'Rollcall lighttpd', kinds: ours, open: () => RollcallSite.open('lighttpd'), missing: null },
  { name: 'Nchan', kinds: ['nchan'], open: NchanSite.open, missing: existsSync(nchanModule) ? null : 'apt-get install libnginx-mod-nchan' },
  { name: 'Socket.IO', kinds: ['websocket'], open: SocketIoSite.open, missing: hasModule('socket.io') ? null : 'bench/busy.mjs --install' },
];

/** Clients of SITE, of KIND, with OPTIONS of bench/watchers.c. */
export class Watchers {
  constructor(site, kind, options) {
    Object.assign(this, { site, kind, options });
  }

  /** Resolves when all of them wait. */
  async open() {
    const { site, kind, options } = this;
    const { watchers, changers = 100 } = options;
    const file = join(site.dir, 'clients');
    const lines = await site.lines(kind, watchers, changers);
    writeFileSync(file, `${lines.join('\n')}\n`);
    const all = { changers, ...options, cursor: await site.cursor() };
    const args = Object.entries(all).map(([name, value]) => `${name}=${value}`);
    this.child = spawn(compile('watchers', site.dir, 'watchers_wire'), [kind, String(site.port), file, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.output = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    const { value } = await this.output.next();
    if (value !== 'ready') throw new Error(`${site.name}: its clients could not start`);
    if (kind === 'poll' || kind === 'stream')
      await until(async () => await site.waiting() === watchers, 'all watchers wait', 30000);
  }

  /** Lets the changes begin; resolves with what came of them, and CPU by kind of process in seconds. */
  async run() {
    const pids = this.site.processes();
    const cpu = () => Object.fromEntries(Object.entries(pids).map(([kind, list]) => [kind, cpuSeconds(list)]));
    const before = cpu();
    this.child.stdin.write('\n');
    const result = await this.next();
    const after = cpu();
    return { ...result, cpu: Object.fromEntries(Object.keys(after).map(kind => [kind, after[kind] - before[kind]])), client: result.cpu };
  }

  /** The next line that it prints. */
  async next() {
    const { value, done } = await this.output.next();
    if (done) throw new Error(`${this.site.name}: its clients have ended`);
    return JSON.parse(value);
  }

  async close() {
    if (this.child && this.child.exitCode === null) {
      this.child.kill();
      await new Promise(done => this.child.once('exit', done));
    }
  }
}
