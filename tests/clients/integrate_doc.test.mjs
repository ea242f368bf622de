// SPDX-License-Identifier: ISC
// docs/INTEGRATE.md is true: its programs are written to files, and each of its lines is run, in one shell from top to bottom, and
// answers what is shown.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { blocksOf, commandsOf, listens, patternOf, Shell } from '../lib/guide.mjs';
import { startStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';
import { freePort } from '../lib/web.mjs';

const clients = fileURLToPath(new URL('../../clients', import.meta.url));
const blocks = blocksOf('INTEGRATE.md');
const nameOf = body => /^(?:<\?php )?(?:\/\/|#) (\S+)\n/.exec(body)[1];

/* What only reads, and shows what a program of the page does by and by. */
const reads = /^(sqlite3 |curl -s http|rc \$api\/admin\/webhooks\/\w+ \|)/;

describe('docs/INTEGRATE.md', () => {
  let stack, shell;
  const ports = {};
  before(async () => {
    stack = await startStack({ mount: '/presence', conf: { ttl: 60, heartbeat: 30 } });
    for (const port of ['8000', '8001']) ports[port] = await freePort();
    mkdirSync(stack.path('home'));
    for (const { body } of blocks.filter(one => one.language !== 'console')) writeFileSync(stack.path('home', nameOf(body)), here(body));
    shell = new Shell(stack.path('home'), { PATH: process.env.PATH, HOME: stack.path('home'), PYTHONDONTWRITEBYTECODE: '1' });
    /* As docs/ADMIN.md has them. */
    await shell.run(`api=http://127.0.0.1:${stack.port}/presence/v1
rc() { curl -sS --fail-with-body -H 'Authorization: Bearer ${stack.admin}' "$@"; }`);
  });
  after(async () => {
    await shell?.stop();
    await stack?.stop();
  });

  /* The page's machine as it is here. */
  const here = text =>
    Object.entries(ports)
      .reduce((before, [port, own]) => before.replaceAll(port, String(own)), text)
      .replaceAll('http://localhost/', `http://127.0.0.1:${stack.port}/`)
      .replaceAll('http://localhost:', 'http://127.0.0.1:')
      .replaceAll('/usr/share/rollcall/clients', clients);

  /* Runs a program in the background, until it listens if it does. */
  async function start(command) {
    await shell.run(here(command));
    const code = blocks.find(({ language, body }) => language !== 'console' && command.includes(nameOf(body))).body;
    for (const [port, own] of Object.entries(ports))
      if (code.includes(port)) await until(() => listens(own), `${command} listens`);
  }

  async function check(command, shown) {
    const out = await shell.run(here(command));
    if (process.env.SHOW) console.error(`$ ${command}\n${out}`);
    assert.match(out, patternOf(shown.map(here)), `${command} answered:\n${out}`);
    return true;
  }

  for (const { command, shown } of blocks.filter(one => one.language === 'console').flatMap(one => commandsOf(one.body)))
    it(command.split('\n')[0], () => {
      if (command.endsWith('&')) return start(command);
      return reads.test(command) ? until(() => check(command, shown), command, 60000) : check(command, shown);
    });

  it('names the programs that it has', () => {
    const names = blocks.filter(one => one.language !== 'console').map(({ body }) => nameOf(body));
    assert.deepEqual(names, ['push.php', 'attendance.py', 'follow.py', 'front.mjs']);
  });
});
