// SPDX-License-Identifier: ISC
// The clients as they are published: alike, whole, and their first example works as it is written.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Rollcall } from '../../clients/node/rollcall.js';
import { startStack } from '../lib/stack.mjs';

const clients = fileURLToPath(new URL('../../clients', import.meta.url));
const read = name => readFileSync(join(clients, name), 'utf8');
const run = (program, args, options) => execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options });

const methods = Object.getOwnPropertyNames(Rollcall.prototype).filter(name => name !== 'constructor').sort();
const found = (text, pattern) => [...text.matchAll(pattern)].map(([, name]) => name).sort();
const camel = name => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());

describe('the clients', () => {
  it('have the same methods in each language, and in the types', () => {
    assert.deepEqual(found(read('node/rollcall.d.ts').split('class Rollcall ')[1], /^ {2}(\w+)\(/gm).filter(name => name !== 'constructor'), methods);
    assert.deepEqual(found(read('php/Rollcall.php').split('class Rollcall\n')[1], /^ {4}public function ([a-z]\w+)\(/gm), methods);
    assert.deepEqual(found(read('python/rollcall.py').split('class Rollcall:')[1], /^ {4}def ([a-z]\w+)\(/gm).map(camel).sort(), methods);
  });

  it('have the same version where one is named', () => {
    const { version } = JSON.parse(read('node/package.json'));
    assert.equal(/^version = "(.*)"$/m.exec(read('python/pyproject.toml'))[1], version);
    assert.equal(/^__version__ = "(.*)"$/m.exec(read('python/rollcall.py'))[1], version);
  });

  it('are all distributed', () => {
    const listed = found(read('local.mk'), /^\tclients\/(\S+)/gm);
    const there = readdirSync(clients, { recursive: true }).filter(name => statSync(join(clients, name)).isFile());
    assert.deepEqual(listed, there.filter(name => name !== 'local.mk').sort());
  });
});

describe('the packages', () => {
  const checkout = join(clients, '..');

  it('have the notice that their licence asks for in all copies', () => {
    const licence = readFileSync(join(checkout, 'LICENSE'), 'utf8');
    for (const dir of ['www', 'clients/node', 'clients/php', 'clients/python'])
      assert.equal(readFileSync(join(checkout, dir, 'LICENSE'), 'utf8'), licence, dir);
  });

  it('have the licence, a README and what they name, for pages too', () => {
    for (const dir of ['www', 'clients/node']) {
      const [{ files }] = JSON.parse(run('npm', ['pack', '--json', '--dry-run', join(checkout, dir)]));
      const { files: named } = JSON.parse(readFileSync(join(checkout, dir, 'package.json'), 'utf8'));
      assert.deepEqual(files.map(({ path }) => path).sort(), ['LICENSE', 'README.md', 'package.json', ...named].sort());
    }
  });
});

describe('the first example', () => {
  let stack, dir;
  before(async () => {
    stack = await startStack({ beforeStart: made => writeFileSync(made.path('jwt.key'), 'k'.repeat(40)) });
    await stack.adm('PUT', '/workspaces/acme', { body: {} });
    dir = stack.path('app');
    mkdirSync(dir);
  });
  after(() => stack?.stop());

  const here = text =>
    text.replaceAll('https://www.example.org/presence', `http://127.0.0.1:${stack.port}/rollcall`).replaceAll('/etc/rollcall/jwt.key', stack.path('jwt.key'));

  /* Writes the example at the head of FILE, indented by PREFIX, to NAME, with BEFORE and AFTER around it; runs PROGRAM; the JWT that it prints. */
  async function runs(file, prefix, name, program, [first, last] = ['', '']) {
    const lines = read(file).split('\n');
    const start = lines.findIndex(line => line.startsWith(prefix));
    const length = lines.slice(start).findIndex(line => !line.startsWith(prefix) && line.trim() !== '' && line.trim() !== '*');
    const example = lines.slice(start, start + length).map(line => line.slice(prefix.length)).join('\n');
    assert.match(example, /sign\(/);
    await stack.adm('DELETE', '/workspaces/acme/members/ann');
    writeFileSync(join(dir, name), here(`${first}${example}${last}`));
    const jwt = run(program, [name], { cwd: dir, env: { ...process.env, ROLLCALL_TOKEN: stack.admin } }).trim();
    assert.equal((await stack.adm('GET', '/workspaces/acme/members/ann')).body.name, 'Ann Ames');
    assert.equal(JSON.parse(Buffer.from(jwt.split('.')[1], 'base64url')).sub, 'ann');
  }

  it('works in Node, with the package as npm packs it', async () => {
    const [{ filename, files }] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', dir, join(clients, 'node')], { cwd: dir }));
    assert.deepEqual(files.map(({ path }) => path).sort(), ['LICENSE', 'README.md', 'package.json', 'rollcall.d.ts', 'rollcall.js']);
    mkdirSync(join(dir, 'node_modules/rollcall-client'), { recursive: true });
    run('tar', ['-xzf', filename, '-C', 'node_modules/rollcall-client', '--strip-components=1'], { cwd: dir });
    await runs('node/rollcall.js', ' *     ', 'example.mjs', process.execPath, ['', 'console.log(jwt);\n']);
  });

  it('works in PHP', async () => {
    writeFileSync(join(dir, 'Rollcall.php'), read('php/Rollcall.php'));
    await runs('php/Rollcall.php', ' *     ', 'example.php', 'php', ['<?php\n', 'echo $jwt;\n']);
  });

  it('works in Python', async () => {
    writeFileSync(join(dir, 'rollcall.py'), read('python/rollcall.py'));
    await runs('python/rollcall.py', '    ', 'example.py', 'python3', ['', 'print(jwt)\n']);
  });
});
