// SPDX-License-Identifier: ISC
// docs/ADMIN.md is true: each of its lines is run, in one shell from top to bottom, and answers what is shown. In what is
// shown, "..." stands for anything; times and long numbers are whatever they are.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import { request } from '../lib/http.mjs';
import { rollcalld, startStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';
import { freePort } from '../lib/web.mjs';

const text = readFileSync(new URL('../../docs/ADMIN.md', import.meta.url), 'utf8');
const blocks = [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, body]) => ({ language, body }));

/* Commands and what each is shown to answer. */
function commandsOf(body) {
  const commands = [];
  let goesOn = () => false;
  for (const line of body.trimEnd().split('\n')) {
    const last = commands.at(-1);
    if (goesOn(line)) {
      last.command += `\n${line}`;
      if (line === last.end) goesOn = () => false;
      else if (!last.end) goesOn = () => line.endsWith('\\');
    } else if (line.startsWith('$ ')) {
      const command = line.slice(2);
      const end = /<<'(\w+)'$/.exec(command)?.[1];
      commands.push({ command, end, shown: [] });
      goesOn = end ? () => true : () => command.endsWith('\\');
    } else {
      last.shown.push(line);
    }
  }
  return commands;
}

/* A pattern for what is shown. */
function patternOf(shown) {
  const escaped = shown.join('\n').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const loose = escaped
    .replaceAll('\\.\\.\\.', '.*')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ')
    .replace(/\d{10,}/g, '\\d{10,}');
  return new RegExp(`^${loose}$`, 's');
}

/* A shell that lives through the whole page. */
class Shell {
  constructor(cwd, env) {
    this.child = spawn('bash', ['--noprofile', '--norc'], { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.out = '';
    this.count = 0;
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on('data', bytes => (this.out += bytes));
  }

  async run(command) {
    const mark = `-- done ${++this.count} --`;
    this.out = '';
    this.child.stdin.write(`${command}\nprintf '%s\\n' '${mark}'\n`);
    await until(() => this.out.includes(mark), command, 30000);
    return this.out.replace(`${mark}\n`, '').trimEnd();
  }

  stop() {
    this.child.stdin.end('kill $(jobs -p) 2>/dev/null; exit\n');
    return new Promise(done => this.child.on('close', done));
  }
}

const listens = port =>
  new Promise(done => {
    const socket = net.connect(port, '127.0.0.1', () => done(true));
    socket.on('error', () => done(false));
    socket.on('connect', () => socket.destroy());
  });

describe('docs/ADMIN.md', () => {
  let stack, shell, port;
  before(async () => {
    stack = await startStack({ mount: '/presence', conf: { ttl: 60, heartbeat: 30, auth: undefined, listen_mode: '0660' } });
    /* The page begins on an empty machine: its first token is the first. */
    await stack.stopDaemon();
    spawnSync('sqlite3', [stack.path('rollcall.db'), 'DELETE FROM token; DELETE FROM sqlite_sequence;']);
    stack.startDaemon();
    await stack.ready();
    port = await freePort();
    mkdirSync(stack.path('home'));
    mkdirSync(stack.path('backups'));
    for (const [language, name] of [
      ['js', 'host.mjs'],
      ['php', 'token.php'],
    ])
      writeFileSync(stack.path('home', name), here(blocks.find(one => one.language === language).body));
    shell = new Shell(stack.path('home'), { PATH: process.env.PATH, HOME: stack.path('home'), PORT: String(port) });
    await shell.run(`rollcalld() { '${rollcalld}' -c '${stack.path('rollcall.conf')}' "$@"; }
journalctl() { sed 's/^<[0-9]>//' '${stack.path('rollcalld.log')}'; }`);
  });
  after(async () => {
    await shell?.stop();
    await stack?.stop();
  });

  /* The page's machine as it is here. */
  const here = line =>
    line
      .replaceAll('http://localhost:8000', `http://127.0.0.1:${port}`)
      .replaceAll('http://localhost', `http://127.0.0.1:${stack.port}`)
      .replaceAll('/var/backups', stack.path('backups'))
      .replaceAll('/var/lib/rollcall', stack.dir)
      .replaceAll('/etc/rollcall', stack.dir)
      .replaceAll(/-o \w+ -g rollcall /g, '')
      .replace(/\bsudo (-u rollcall )?/g, '');

  async function systemctl(verb) {
    if (verb === 'stop') await stack.stopDaemon();
    if (verb === 'start') stack.startDaemon();
    if (verb === 'reload') {
      const old = stack.workers();
      stack.daemon.signal('SIGHUP');
      await until(() => !stack.workers().some(pid => old.includes(pid)), 'the workers are others');
    }
    if (verb !== 'stop') await stack.ready();
    return '';
  }

  async function run(command) {
    const [, verb] = /^systemctl (\w+) rollcalld$/.exec(here(command)) ?? [];
    if (verb) return systemctl(verb);
    const out = await shell.run(here(command));
    if (command.endsWith('&')) await until(() => listens(port), 'the application listens');
    return out;
  }

  for (const { command, shown } of blocks.filter(one => one.language === 'console').flatMap(one => commandsOf(one.body)))
    it(command.split('\n')[0], async () => {
      const out = await run(command);
      if (process.env.SHOW) console.error(`$ ${command}\n${out}`);
      if (!command.endsWith('&')) assert.match(out, patternOf(shown.map(here)), `${command} answered:\n${out}`);
    });

  it('has an application in PHP that does the same as that in Node', { skip: spawnSync('php', ['-v']).error && 'there is no php' }, async () => {
    const own = await freePort();
    const php = spawn('php', ['-S', `127.0.0.1:${own}`, 'token.php'], { cwd: stack.path('home'), stdio: 'ignore' });
    try {
      await until(() => listens(own), 'php listens');
      const ask = headers => request({ port: own, method: 'GET', path: '/', headers });
      assert.equal((await ask({})).status, 401);
      const { status, bytes } = await ask({ Cookie: 'user=dave' });
      assert.equal(status, 200);
      const joined = await stack.req('POST', '/v1/workspaces/acme/join', { token: bytes.toString(), body: {} });
      assert.equal(joined.status, 201);
      const listed = await stack.req('GET', '/v1/workspaces/acme/members', { token: bytes.toString() });
      assert.ok(listed.body.members.some(one => one.user === 'dave' && one.name === 'DAVE'));
    } finally {
      php.kill();
    }
  });
});
