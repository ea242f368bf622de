// SPDX-License-Identifier: ISC
// rollcalld on a socket that others made: spawn-fcgi, lighttpd's bin-path, systemd; and the units that are shipped.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Child } from '../lib/child.mjs';
import * as fcgi from '../lib/fcgi.mjs';
import { atPath, startServer } from '../lib/servers.mjs';
import { rollcalld, withStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

const has = program => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
const without = program => (has(program) ? false : `there is no ${program}`);
const unit = name => fileURLToPath(new URL(`../../conf/systemd/${name}`, import.meta.url));

/* Long leases, and no daemon of the stack's own in the way. */
const options = { web: null, conf: { ttl: 60, heartbeat: 30, wait: 20, gap: 10 } };

const healthy = address =>
  until(() => fcgi.call(address, 'GET', '/healthz').then(({ status }) => status === 200), 'it answers');

/* Processes that run PROGRAM with CONF. */
function running(conf) {
  return readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .filter(pid => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
        return words[0].endsWith('rollcalld') && words.includes(conf);
      } catch {
        return false;
      }
    });
}

/* Serves on a socket at ADDRESS, which ARGV makes, parks a poll, and ends as it should. */
async function serves(stack, address, argv) {
  await stack.stopDaemon();
  const child = new Child(argv, { log: stack.path('started.log'), cwd: stack.dir });
  await until(() => existsSync(address), 'the socket is there');
  await healthy(address);
  const token = stack.admin;
  const made = await fcgi.call(address, 'PUT', '/v1/admin/workspaces/acme', { token, body: { name: 'Acme' } });
  assert.equal(made.status, 201);
  assert.ok(!existsSync(stack.address), '"listen" of the configuration does not count');
  const { code } = await child.stop('SIGTERM', 20000);
  assert.equal(code, 0);
  await until(() => running(stack.path('rollcall.conf')).length === 0, 'no worker is left');
}

describe('rollcalld', { concurrency: 4 }, () => {
  it('is started by spawn-fcgi', { skip: without('spawn-fcgi') }, () =>
    withStack(options, async stack => {
      const address = stack.path('spawned.sock');
      const program = [rollcalld, '-c', stack.path('rollcall.conf')];
      await serves(stack, address, ['spawn-fcgi', '-n', '-s', address, '-M', '0600', '--', ...program]);
    }),
  );

  it('is started by systemd with the first request', { skip: without('systemd-socket-activate') }, () =>
    withStack(options, async stack => {
      const address = stack.path('activated.sock');
      const program = [rollcalld, '-c', stack.path('rollcall.conf')];
      await serves(stack, address, ['systemd-socket-activate', '-l', address, ...program]);
    }),
  );

  it('is started and ended by lighttpd', () =>
    withStack(options, async stack => {
      await stack.stopDaemon();
      const dir = stack.path('web');
      mkdirSync(dir);
      const conf = stack.path('rollcall.conf');
      const web = await startServer('lighttpd-spawn', { dir, address: '', rollcalld, conf });
      const at = { port: web.port, mount: atPath.prefix };
      await until(async () => (await stack.req('GET', '/readyz', at)).status === 200, 'it is ready');
      assert.equal(
        (
          await stack.req('PUT', '/v1/admin/workspaces/acme', {
            ...at,
            token: stack.admin,
            body: { name: 'Acme' },
          })
        ).status,
        201,
      );
      assert.ok(!existsSync(stack.address));
      await web.stop('SIGTERM', 20000);
      await until(() => running(conf).length === 0, 'rollcalld has ended too');
    }));
});

describe('the units for systemd', { skip: without('systemd-analyze') }, () => {
  it('may do so little that systemd-analyze gives them less than 2.0', t => {
    const help = execFileSync('systemd-analyze', ['--help'], { encoding: 'utf8' });
    if (!help.includes('--offline')) return t.skip('this systemd-analyze reads no files');
    const { status, stdout } = spawnSync(
      'systemd-analyze',
      ['security', '--offline=true', '--threshold=20', '--no-pager', unit('rollcalld.service')],
      { encoding: 'utf8' },
    );
    assert.equal(status, 0, stdout?.trim().split('\n').at(-1));
    return undefined;
  });

  it('have no option that systemd does not know', () => {
    const { stderr } = spawnSync(
      'systemd-analyze',
      ['verify', '--man=no', unit('rollcalld.service'), unit('rollcalld.socket')],
      {
        encoding: 'utf8',
      },
    );
    const faults = stderr.split('\n').filter(line => /Unknown|Failed to parse|ignoring/i.test(line));
    assert.deepEqual(faults, []);
  });
});
