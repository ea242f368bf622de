// SPDX-License-Identifier: ISC
// docs/ADMIN.md is true: each of its lines is run, in one shell from top to bottom, and answers what is shown. In what is
// shown, "..." stands for anything; times and long numbers are whatever they are.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { blocksOf, commandsOf, listens, patternOf, Shell } from '../lib/guide.mjs';
import { request } from '../lib/http.mjs';
import { rollcalld, startStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';
import { freePort } from '../lib/web.mjs';

const blocks = blocksOf('ADMIN.md');

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
