// SPDX-License-Identifier: ISC
// A Rollcall of a test's own: Redis, rollcalld and a web server in a directory that goes when the test does.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fcgi from './fcgi.mjs';
import { Child, makeDirectory, rememberLog, removeDirectory } from './child.mjs';
import { request } from './http.mjs';
import { checkAnswer } from './openapi.mjs';
import { Person } from './person.mjs';
import { startPeer } from './peer.mjs';
import { rollcalld as program } from './program.mjs';
import { startRedis } from './redis.mjs';
import { atMost, pause, until } from './until.mjs';
import { freePort, startWeb } from './web.mjs';

assert.ok(program, 'rollcalld is not built: set ROLLCALLD to where it is');

/** The path of the program under test. */
export const rollcalld = program;

/* Short leases, so that what takes a minute in use takes seconds here: a poll leases 2 s, a heartbeat 3 s. */
const shortTimes = { ttl: 3, heartbeat: 1, wait: 1, gap: 1, leave_grace: 1, closed_grace: 1 };

/* Whether process PID has ended, though maybe nobody has asked how. */
function hasEnded(pid) {
  try {
    return /\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

function confValue(value) {
  if (Array.isArray(value)) return `{${value.map(item => JSON.stringify(item)).join(', ')}}`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/* Requests that a worker answers by what Redis has told it: of workspaces, but not if they wait, or if their session is told of, too. */
const looks = /\/(status|counts|members|dms|places?|explain|presence)\b|\/stream\?(?!.*session=).*\bwait=0\b/;

function isLook(method, path, body) {
  if (method === 'POST') return path.endsWith('/status') || (path.endsWith('/stream') && body?.wait === 0 && !body.session);
  return method === 'GET' && looks.test(path);
}

/** A configuration file's text: nested objects become sections, undefined is left out. */
export function confText(conf) {
  return Object.entries(conf)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) =>
      typeof value === 'object' && !Array.isArray(value)
        ? `${name} {\n${confText(value)}}\n`
        : `${name} = ${confValue(value)}\n`,
    )
    .join('');
}

/* What SEND() resolves with, which is called again while a worker that stands still holds the database. */
async function patiently(send) {
  for (const end = performance.now() + atMost(2000); ;) {
    const got = await send();
    const isHeld = got.status === 503 && got.bytes.includes('The directory is unavailable, and nothing was changed');
    if (!isHeld || performance.now() > end) return got;
    await pause(50);
  }
}

export class Stack {
  constructor(options) {
    this.options = options;
    this.host = '127.0.0.1'; // of the web server
    this.redisEnv = process.env;
    this.dir = makeDirectory();
    this.tokens = new Map();
    this.workspaces = 0;
    this.followers = new Set(); // those who still poll
    this.daemon = null;
  }

  path(...parts) {
    return join(this.dir, ...parts);
  }

  async open() {
    const { listen, proxy, redisArgs = [], workers = 1, auth = ['token'], conf = {} } = this.options;
    this.options.beforeRedis?.(this);
    this.redisServer = await startRedis({ args: redisArgs.map(String), env: this.redisEnv });
    if (proxy) this.peer = await startPeer(this.path('peer.sock'), this.redisServer.socket);
    this.address = listen === 'tcp' ? `127.0.0.1:${await freePort()}` : this.path('fcgi.sock');
    this.conf = {
      listen: this.address,
      listen_mode: '0666',
      workers,
      database: this.path('rollcall.db'),
      redis: `unix:${proxy ? this.path('peer.sock') : this.redisServer.socket}`,
      auth,
      rate_limit: 0,
      ...shortTimes,
      ...conf,
    };
    await this.options.beforeStart?.(this);
    this.writeConf();
    this.admin = this.run('--new-admin-token', 'tests').trim().split(/\s+/).at(-1);
    this.options.beforeDaemon?.(this);
    this.startDaemon();
    if (this.options.web) {
      await this.startWeb();
      await this.ready();
    } else {
      await until(
        () => fcgi.call(this.address, 'GET', '/healthz').then(({ status }) => status === 200 && this.sends()),
        'rollcalld answers',
      );
    }
  }

  /** Starts the web server, on the same port as before if it has run before. */
  async startWeb() {
    const { web, mount } = this.options;
    this.web = await startWeb(web, { dir: this.dir, mount, address: this.address, port: this.port });
    this.port = this.web.port;
  }

  writeConf(over = {}) {
    Object.assign(this.conf, over);
    const { listen_mode: mode, ...rest } = this.conf;
    writeFileSync(this.path('rollcall.conf'), `listen_mode = ${mode}\n${confText(rest)}`);
  }

  /** Runs rollcalld with this configuration and ARGS to its end; resolves with its stdout, throws with its stderr. */
  run(...args) {
    return execFileSync(this.options.program ?? rollcalld, ['-c', this.path('rollcall.conf'), ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  startDaemon() {
    const { env = {}, prefix = [], program: path = rollcalld } = this.options;
    this.daemon = new Child([...prefix, path, '-c', this.path('rollcall.conf')], {
      log: this.path('rollcalld.log'),
      env: { ...process.env, ...env },
      cwd: this.dir,
    });
  }

  /** Waits until everything a request needs works. */
  async ready(ms = 20000) {
    await until(
      async () => {
        assert.equal(this.daemon.exit, null, 'rollcalld has ended');
        const { status, body } = await this.req('GET', '/readyz');
        assert.equal(status, 200, JSON.stringify(body));
        return this.sends();
      },
      'rollcalld is ready',
      ms,
    );
  }

  /** What rollcalld has logged. */
  log() {
    const file = this.path('rollcalld.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  /** All workers have Redis. */
  hasRedis() {
    const { workers = 1 } = this.options;
    return until(() => this.log().split('Redis is available').length > workers, 'all workers have Redis', 20000);
  }

  /** The process ids of what serves requests, without their children. */
  pids() {
    return [this.daemon, this.redisServer, this.web].filter(Boolean).map(({ pid }) => pid);
  }

  /** The process ids of the workers, or if SENDER of the process that delivers webhooks. */
  workers(sender = false) {
    const children = pid => {
      try {
        return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
      } catch {
        return [];
      }
    };
    const sends = pid => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('rollcalld: hooks');
      } catch {
        return false;
      }
    };
    return children(this.daemon.pid).filter(pid => sends(pid) === sender);
  }

  /* Whether the process that delivers webhooks has begun: before, it looks like a worker. */
  sends() {
    return this.workers(true).length > 0;
  }

  /**
   * A request through the web server. Resolves with { status, headers, body, bytes, ms }; body is parsed JSON, or text. The
   * promise has abort(). Each answer is held to docs/openapi.yaml; port, for another web server than the stack's own.
   * What is refused because another worker holds the database, and stands still, is sent again for two seconds, as 503
   * says to do; not with once.
   */
  req(
    method,
    path,
    { body, user, token, headers = {}, raw = false, timeout, port = this.port, mount = this.options.mount, once } = {},
  ) {
    const bearer = token ?? (user === undefined ? undefined : this.tokens.get(user));
    const bytes =
      body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const all = {
      ...(bearer && { Authorization: `Bearer ${bearer}` }),
      ...(bytes !== undefined && {
        'Content-Type': 'application/json',
        'Content-Length': Buffer.byteLength(bytes),
      }),
      ...headers,
    };
    for (const [name, value] of Object.entries(all)) if (value === null) delete all[name];
    let sent;
    const send = () =>
      (sent = request({
        host: this.host,
        port,
        method,
        path: mount === '/' ? path : mount + path,
        headers: all,
        body: bytes,
        timeout,
      }));
    const many = this.options.workers > 1;
    const patient = many && !once ? () => patiently(send) : send;
    const answer = (many && isLook(method, path, body) ? this.#redisHasTold().then(patient) : patient()).then(got => {
      const isJson = /[/+]json/.test(got.headers['content-type'] ?? '') && got.bytes.length > 0;
      const result = { ...got, body: raw ? got.bytes : isJson ? JSON.parse(got.bytes) : got.bytes.toString() };
      if (!raw) checkAnswer(method, path, result);
      return result;
    });
    answer.catch(() => {});
    answer.abort = how => sent?.abort(how);
    return answer;
  }

  /* What one worker has answered, Redis may tell the others a moment later. Once it answers this, it has. If it stands still, it is waited for once. */
  async #redisHasTold() {
    if (this.redisIsSilent) return;
    let timer;
    const patience = new Promise(done => (timer = setTimeout(() => done((this.redisIsSilent = true)), 1000)));
    const told = async () => {
      await this.redisServer.call('PING').catch(() => {});
      clearTimeout(timer);
      this.redisIsSilent = false;
    };
    await Promise.race([told(), patience]);
  }

  /** A request of the administrator, below /v1/admin. */
  adm(method, path, options = {}) {
    return this.req(method, `/v1/admin${path}`, { token: this.admin, ...options });
  }

  /** The same for what a test needs first: asked again while other writers keep the database busy, as 503 says to do. */
  async admDone(method, path, options) {
    let answer;
    await until(async () => (answer = await this.adm(method, path, options)).status !== 503, `${method} ${path} is taken`);
    return answer;
  }

  /** Makes workspace WS with members PREFIX0 to PREFIX<n-1>, each with a token. */
  async people(ws, prefix, n) {
    const made = await this.admDone('PUT', `/workspaces/${ws}`, { body: { name: ws } });
    assert.ok([200, 201].includes(made.status), `workspace ${ws}: ${made.status}`);
    const users = Array.from({ length: n }, (_, i) => `${prefix}${i}`);
    for (const user of users) await this.addMember(ws, user);
    return users;
  }

  async addMember(ws, user) {
    const added = await this.admDone('PUT', `/workspaces/${ws}/members/${encodeURIComponent(user)}`, {
      body: { name: user.toUpperCase() },
    });
    assert.ok([200, 201].includes(added.status), `member ${user}: ${added.status}`);
    if (!this.tokens.has(user)) this.tokens.set(user, await this.newToken({ user }));
  }

  async newToken(body) {
    const answer = await this.admDone('POST', '/tokens', { body });
    assert.equal(answer.status, 201);
    return answer.body.token;
  }

  /** A workspace of this test alone with N members; resolves with its people. */
  async room(n) {
    const ws = `w${++this.workspaces}`;
    const users = await this.people(ws, 'u', n);
    return users.map(user => this.as(user, ws));
  }

  as(user, ws) {
    return new Person(this, ws, user);
  }

  redis(...words) {
    return this.redisServer.call(...words);
  }

  /** The growing list of messages that Redis publishes of workspace WS, in which something has happened before. */
  async changesOf(ws) {
    const [meta] = await this.redis('KEYS', `rollcall:*:${ws}:meta`);
    this.listener = await this.redisServer.connect();
    return this.listener.subscribe(meta.replace(/meta$/, 'changes'));
  }

  /** A number of /metrics; NAME may leave out labels, whose series are then added up. */
  async metric(name) {
    const { body } = await this.req('GET', '/metrics');
    const lines = body.split('\n').filter(line => line.split(/[ {]/)[0] === name);
    assert.ok(lines.length > 0, `no metric ${name} in ${body}`);
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  /** How many polls are parked, in all workers. */
  parked() {
    return this.metric('rollcall_parked_polls');
  }

  /** Stops rollcalld as an administrator does, and starts it again. */
  async restart() {
    await this.stopDaemon();
    this.startDaemon();
    await this.ready();
  }

  /** SIGTERM; it must end with status 0. */
  async stopDaemon() {
    const { code, signal } = await this.daemon.stop('SIGTERM', atMost(15000));
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, 'how rollcalld ended on SIGTERM');
  }

  /** Kills master and workers with -9, and waits until none of them listens any more. */
  async kill() {
    const children = [...this.workers(), ...this.workers(true)];
    const exit = await this.daemon.kill();
    await until(() => children.every(hasEnded), 'its processes have ended');
    return exit;
  }

  async stop() {
    try {
      await Promise.all([...this.followers].map(follower => follower.stop()));
      if (this.daemon && !this.daemon.exit) await this.stopDaemon();
      this.checkLog();
    } finally {
      await this.web?.stop('SIGTERM', 3000);
      this.listener?.close();
      await this.peer?.stop();
      await this.redisServer?.stop();
      await this.cluster?.stop();
      this.remove(['rollcalld', this.options.web].map(name => this.path(`${name}.log`)));
    }
  }

  /** Throws if rollcalld has logged what sanitizers or asserts found. */
  checkLog() {
    const faults = this.log().match(/.*(Sanitizer|runtime error:|Assertion|^==\d+==).*/gm);
    assert.equal(faults, null, 'no faults in the log of rollcalld');
  }

  /** Removes its directory; the ends of LOGS are kept until the test has ended. */
  remove(logs) {
    logs.forEach(rememberLog);
    removeDirectory(this.dir);
  }
}

/**
 * Starts a stack. OPTIONS: workers; conf, an object that is laid over short times; auth; web: 'lighttpd', 'nginx', 'apache',
 * 'caddy', or null for none (requests then go by FastCGI to .address); mount; listen: 'unix' or 'tcp'; redisArgs; env;
 * prefix: words before the command; program: another rollcalld; beforeRedis(stack): may set .redisEnv, an environment; beforeStart(stack): may change .conf, and set .cluster;
 * beforeDaemon(stack): the database is there; proxy: true for a Peer, as .peer, between rollcalld and Redis.
 */
export async function startStack(options = {}) {
  const stack = new Stack({ web: 'lighttpd', mount: '/rollcall', listen: 'unix', ...options });
  try {
    await stack.open();
    return stack;
  } catch (error) {
    await stack.stop().catch(() => {});
    throw error;
  }
}

/** Runs FN with a stack of its own, which ends with it. */
export async function withStack(options, fn) {
  const stack = await startStack(options);
  try {
    await fn(stack);
  } finally {
    await stack.stop();
  }
}
