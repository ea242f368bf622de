// SPDX-License-Identifier: ISC
// Containerfile and compose.yaml fit each other and the rest of the project. The images themselves need Debian's base image, so they
// are not built here; docs/DEPLOY.md says how they were tried.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import yaml from 'yaml';
import { makeDirectory, removeDirectory } from '../lib/child.mjs';
import { rollcalld, withStack } from '../lib/stack.mjs';

const top = fileURLToPath(new URL('../..', import.meta.url));
const read = name => readFileSync(join(top, name), 'utf8');
const { services, volumes } = yaml.parse(read('compose.yaml'));

/* The stages of Containerfile: name -> { from, lines }. Lines that go on are one. */
const stages = {};
for (const line of read('Containerfile').replace(/\\\n\s*/g, '').split('\n')) {
  const [, from, name] = /^FROM (\S+) AS (\S+)$/.exec(line) ?? [];
  if (name) stages[name] = { from, lines: [] };
  else if (/^[A-Z]/.test(line)) Object.values(stages).at(-1).lines.push(line);
}
const valuesOf = (name, word) => stages[name].lines.filter(line => line.startsWith(`${word} `)).map(line => line.slice(word.length + 1));
const conf = name => read(`conf/container/${name}`);
const optionOf = (text, name) => new RegExp(`^${name}\\s*= "?([^"\\n]*)`, 'm').exec(text)?.[1];

describe('the containers', () => {
  it('run as nobody, each from a stage of Containerfile', () => {
    for (const [name, { build }] of Object.entries(services)) {
      assert.deepEqual(build, { context: '.', dockerfile: 'Containerfile', target: name });
      assert.equal(valuesOf(name, 'USER').at(-1), 'nobody', name);
    }
    assert.deepEqual(Object.keys(stages).filter(name => name !== 'build').sort(), Object.keys(services).sort());
  });

  it('are looked after by the same checks in image and compose.yaml', () => {
    for (const [name, { healthcheck }] of Object.entries(services).filter(([name]) => name !== 'demo')) {
      const [, times, test] = /^(.*)CMD (.*)$/.exec(valuesOf(name, 'HEALTHCHECK')[0]);
      assert.equal(healthcheck.test.slice(1).join(' '), test, name);
      assert.deepEqual(
        times.trim().split(' ').sort(),
        ['interval', 'timeout', 'start_period'].map(time => `--${time.replace('_', '-')}=${healthcheck[time]}`).sort(),
      );
    }
  });

  it('copy files that are there', () => {
    for (const name of Object.keys(stages))
      for (const copy of valuesOf(name, 'COPY').filter(line => !line.startsWith('--from')))
        assert.ok(existsSync(join(top, copy.split(' ')[0])), `${name}: ${copy}`);
    for (const [, file] of read('Containerfile').matchAll(/COPY --from=(\w+)/g)) assert.ok(stages[file], file);
  });

  it('find each other by the same ports and paths', () => {
    const [socket, shared] = [optionOf(conf('rollcall.conf'), 'listen'), read('conf/lighttpd.conf')];
    assert.ok(shared.includes(`"${socket}"`), socket);
    for (const name of ['rollcalld', 'web']) assert.ok(services[name].volumes.includes('run:/run/rollcall'), name);
    const redis = /^redis:\/\/(\w+):(\d+)$/.exec(optionOf(conf('rollcall.conf'), 'redis'));
    assert.deepEqual(valuesOf(redis[1], 'EXPOSE'), [redis[2]]);
    const port = optionOf(conf('lighttpd.conf'), 'server.port');
    assert.deepEqual([valuesOf('web', 'EXPOSE'), services.web.ports], [[port], [`127.0.0.1:8080:${port}`]]);
    assert.match(conf('demo'), new RegExp(`^url=http://web:${port}$`, 'm'));
    for (const { volumes: own = [] } of Object.values(services))
      for (const one of own) assert.ok(one.split(':')[0] in volumes, one);
  });

  it('revoke the administrator’s token that made the demo, even if it could not be made', () => withStack({ mount: '/presence' }, async stack => {
    const command = `#!/bin/sh\nexec "${rollcalld}" -c "${stack.path('rollcall.conf')}" "$@"\n`;
    writeFileSync(stack.path('rollcalld'), command, { mode: 0o755 });
    mkdirSync(stack.path('demo'));
    const script = conf('demo').replace('http://web:8080', `http://127.0.0.1:${stack.port}`).replaceAll('/srv/demo', stack.path('demo'))
      .replaceAll('/usr/share/rollcall', join(top, 'build-aux')).replace(/^live$/m, '');
    const env = { ...process.env, PATH: `${stack.dir}:${process.env.PATH}` };
    const run = text => execFileSync('sh', ['-c', text], { env, stdio: 'pipe' });
    assert.throws(() => run(script.replace('make_conversations', 'fail "not today"')), /demo: not today\n$/);
    assert.ok(!existsSync(stack.path('demo/demo.json')));
    run(script);
    assert.equal(JSON.parse(readFileSync(stack.path('demo/demo.json'))).people.length, 12);
    const { body } = await stack.adm('GET', '/tokens?limit=1000');
    assert.deepEqual(body.tokens.filter(({ admin, label }) => admin && label === 'demo'), []);
  }));

  it('have configurations that rollcalld and lighttpd take', () => {
    const dir = makeDirectory();
    const here = text => text.replaceAll('/run/rollcall', dir).replaceAll('/usr/share/rollcall/www', join(top, 'www'));
    writeFileSync(join(dir, 'rollcall.conf'), `${here(conf('rollcall.conf'))}database = "${dir}/rollcall.db"\n`);
    execFileSync(rollcalld, ['-c', join(dir, 'rollcall.conf'), '-t'], { stdio: 'pipe' });
    mkdirSync(join(dir, 'web'));
    writeFileSync(join(dir, 'web/rollcall.conf'), here(read('conf/lighttpd.conf')));
    writeFileSync(join(dir, 'web/lighttpd.conf'), here(conf('lighttpd.conf')));
    execFileSync('lighttpd', ['-t', '-f', join(dir, 'web/lighttpd.conf')], { stdio: 'pipe' });
    removeDirectory(dir);
  });
});
