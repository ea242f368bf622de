// SPDX-License-Identifier: ISC
// make install puts everything where it belongs, and make uninstall takes all of it away.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, it } from 'node:test';
import { makeDirectory, removeDirectory } from '../lib/child.mjs';
import { rollcalld } from '../lib/stack.mjs';

const built = dirname(rollcalld);

function files(root) {
  return readdirSync(root, { recursive: true })
    .filter(name => !statSync(join(root, name)).isDirectory())
    .map(name => relative('.', name))
    .sort();
}

describe(
  'installing',
  { skip: existsSync(join(built, 'Makefile')) ? false : 'rollcalld was not built by make' },
  () => {
    it('puts nothing astray, and uninstalling leaves nothing behind', () => {
      const root = makeDirectory();
      const make = target =>
        execFileSync('make', ['-s', '-C', built, target, `DESTDIR=${root}`, 'prefix=/usr', 'sysconfdir=/etc'], {
          stdio: 'pipe',
          encoding: 'utf8',
        });
      make('install');
      const installed = files(root);
      for (const wanted of [
        'usr/sbin/rollcalld',
        'usr/share/man/man8/rollcalld.8',
        'usr/share/man/man5/rollcall.conf.5',
        'usr/share/doc/rollcall/README.md',
        'usr/share/doc/rollcall/SERVERS.md',
        'usr/share/doc/rollcall/examples/rollcall.conf',
        'usr/share/doc/rollcall/examples/rollcalld.service',
        'usr/share/doc/rollcall/examples/grafana/rollcall.json',
        'usr/share/doc/rollcall/examples/prometheus/rollcall.rules.yml',
        'usr/share/rollcall/sql/schema.sql',
        'usr/share/rollcall/www/rollcall.js',
        'usr/share/rollcall/clients/php/Rollcall.php',
        'usr/share/rollcall/clients/python/rollcall.py',
        'usr/share/rollcall/clients/node/rollcall.js',
      ])
        assert.ok(installed.includes(wanted), `${wanted} is installed`);
      const allowed = /^usr\/(sbin\/rollcalld$|share\/(rollcall|doc\/rollcall|man\/man[578])\/)/;
      assert.deepEqual(
        installed.filter(name => !allowed.test(name)),
        [],
        'nothing else is',
      );
      make('uninstall');
      assert.deepEqual(files(root), []);
      removeDirectory(root);
    });
  },
);
