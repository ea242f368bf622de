// SPDX-License-Identifier: ISC
// What can be said of www/ without a browser: its size, its types, and that nothing in it needs anything else.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { makeDirectory } from '../lib/child.mjs';

const www = fileURLToPath(new URL('../../www', import.meta.url));
const read = name => readFileSync(join(www, name), 'utf8');
const tsc = fileURLToPath(new URL('node_modules/typescript/bin/tsc', import.meta.url));

/** NAME and all modules that it imports at once. */
function loaded(name, found = new Set()) {
  found.add(name);
  for (const [, from] of read(name).matchAll(/^import .*'\.\/([^']+)'/gm)) if (!found.has(from)) loaded(from, found);
  return [...found];
}

const gzipped = names => names.reduce((sum, name) => sum + gzipSync(read(name), { level: 9 }).length, 0);

test('a page loads at most 17 KB gzipped before its first dot, 13.5 KB of them without the elements', () => {
  const all = loaded('rollcall.js');
  assert.ok(gzipped(all) <= 17408, `${gzipped(all)} bytes`);
  const core = all.filter(name => name !== 'rollcall-elements.js');
  assert.ok(gzipped(core) <= 13824, `${gzipped(core)} bytes`);
  const streams = gzipped(['rollcall-stream.js']); // after that, and only if it streams
  assert.ok(streams <= 4096, `${streams} bytes`);
});

test('the types of the client for applications are those of its code', () => {
  const dir = makeDirectory();
  const client = fileURLToPath(new URL('../../clients/node', import.meta.url));
  cpSync(client, dir, { recursive: true });
  writeFileSync(join(dir, 'use.mts'), `import { Rollcall, RollcallError } from './rollcall.js';
const rollcall = new Rollcall('http://localhost', { token: 'rc_x', secrets: ['whsec_AA=='] });
export const jwt: string = rollcall.sign('ann', ['acme'], 60, { name: 'Ann' });
for await (const { user, role } of rollcall.members('acme')) await rollcall.putMember('acme', user, { role });
const sum: { added: number } = await rollcall.importMembers('acme', new Set([{ user: 'ann' }]));
export const late = (error: unknown) => (error instanceof RollcallError ? error.retryAfter ?? sum.added : error);
// @ts-expect-error
await rollcall.setStatus('acme', 'ann', { show: 'busy' });
`);
  execFileSync(process.execPath, [tsc, '--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2023,dom', '--module', 'node16', join(dir, 'use.mts')], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
});

test('modules import each other in one direction, and rollcall.js names all that load at once', () => {
  const all = loaded('rollcall.js');
  for (const name of all.slice(1)) assert.ok(!loaded(name).includes('rollcall.js'), `${name} imports rollcall.js`);
  const named = [...read('rollcall.js').matchAll(/^import .*'\.\/([^']+)'/gm)].map(([, from]) => from);
  assert.deepEqual(named.sort(), all.slice(1).sort(), 'else a page would wait for one module after the other');
});

test('rollcall.js keeps what rollcall.d.ts promises', () => {
  const dir = makeDirectory();
  for (const name of readdirSync(www).filter(one => one.endsWith('.js') || one.endsWith('.d.ts')))
    cpSync(join(www, name), join(dir, name));
  cpSync(join(www, 'rollcall.js'), join(dir, 'actual.js'));
  writeFileSync(
    join(dir, 'kept.ts'),
    `import * as actual from './actual.js';
import * as promised from './rollcall.js';
export const kept: typeof promised = actual;
export async function use() {
  const client = promised.Rollcall.connect({ workspace: 'w', token: async () => 't' });
  client.addEventListener('change', ({ detail }) => { const status: promised.Status = detail.status; return status; });
  client.addEventListener('refetch', ({ detail }) => detail.includes('dms'));
  document.createElement('rollcall-session').token = () => null;
  return (await client.members()).map(member => member.name.toUpperCase());
}
`,
  );
  const options = [
    '--noEmit',
    '--allowJs',
    '--checkJs',
    '--target',
    'es2023',
    '--lib',
    'es2023,dom,dom.iterable',
    '--module',
    'esnext',
    '--moduleResolution',
    'bundler',
  ];
  const run = (more, files) =>
    execFileSync(process.execPath, [tsc, ...options, ...more, ...files], { cwd: dir, encoding: 'utf8', stdio: 'pipe' });
  const placed = ['rollcall-places.js', 'rollcall-typing.js', 'rollcall-who.js'];
  for (const check of [
    () => run([], ['actual.js', 'rollcall-lists.js', 'rollcall-me.js', 'rollcall-self.js', ...placed, 'demo.js', 'admin.js', 'kept.ts']),
    () => run(['--strict'], ['rollcall.d.ts']),
  ]) {
    try {
      check();
    } catch (error) {
      assert.fail(error.stdout);
    }
  }
});

test('it can be imported where there is no browser, as servers that render pages do', async () => {
  const { Rollcall } = await import(join(www, 'rollcall.js'));
  assert.equal(typeof Rollcall.connect, 'function');
});

test('the package names the files there are, and depends on nothing', () => {
  const { files, dependencies, main, types } = JSON.parse(read('package.json'));
  assert.equal(dependencies, undefined);
  for (const name of [...files, main, types]) assert.ok(read(name).length > 0, name);
  for (const name of files.filter(one => one.endsWith('.js')))
    for (const [, from] of read(name).matchAll(/(?:from|import\()\s*'([^']+)'/g))
      assert.ok(files.includes(from.replace('./', '')), `${name} imports ${from}`);
});

test('the demo and the administrators\' page take nothing from elsewhere, and have no inline script or style', () => {
  for (const html of [read('index.html'), read('admin.html')]) {
    assert.doesNotMatch(html, /(src|href)="(https?:)?\/\//);
    assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)/);
  }
  for (const css of [read('style.css'), read('admin.css')]) assert.doesNotMatch(css, /url\(|@import/);
  for (const name of readdirSync(www).filter(one => /^rollcall.*\.js$/.test(one)))
    assert.doesNotMatch(read(name), /'\.\/admin/, `${name} needs nothing of the administrators' page`);
});
