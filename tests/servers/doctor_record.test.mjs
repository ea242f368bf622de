// SPDX-License-Identifier: ISC
// What -t and --doctor say of a record that cannot be used: what is wrong, and what to do.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Authority } from '../lib/certificates.mjs';
import { makeDirectory, removeDirectory } from '../lib/child.mjs';
import { startPostgres, startTlsPostgres } from '../lib/postgres.mjs';
import { rollcalld, startStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

/* Of PostgreSQL's protocol: a message of TYPE. */
function message(type, ...parts) {
  const body = Buffer.concat(parts.map(part => Buffer.from(part)));
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(4 + body.length, 1);
  return Buffer.concat([head, body]);
}

/* What greets like a PostgreSQL of VERSION, and says nothing more, at the socket PATH. */
async function startOld(path, version) {
  const parameters = { server_version: version, server_encoding: 'UTF8', default_transaction_read_only: 'off', in_hot_standby: 'off' };
  const greeting = [
    message('R', [0, 0, 0, 0]),
    ...Object.entries(parameters).map(([name, value]) => message('S', `${name}\0${value}\0`)),
    message('K', Buffer.alloc(8)),
    message('Z', 'I'),
  ];
  const server = net.createServer(client => {
    client.on('error', () => {});
    client.once('data', () => client.write(Buffer.concat(greeting)));
  });
  server.listen(path);
  await once(server, 'listening');
  return server;
}

describe('the doctor of a record', () => {
  let postgres, stack;

  before(async () => {
    postgres = await startPostgres();
    stack = await startStack({ web: null, workers: 1 });
    await stack.stopDaemon();
  });
  after(async () => {
    await stack?.stop();
    await postgres?.close();
  });

  /* rollcalld with FLAG, its record at URL, and no copy yet; what it prints. */
  async function say(record, flag = '--doctor') {
    const database = stack.path('copy.db');
    for (const suffix of ['', '-wal', '-shm']) rmSync(database + suffix, { force: true });
    stack.writeConf({ record, database });
    const child = spawn(rollcalld, ['-c', stack.path('rollcall.conf'), flag]);
    let out = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', text => (out += text));
    await once(child, 'close');
    assert.doesNotMatch(out, /s3cret/);
    return out;
  }

  /* Makes a record in a database of its own, and returns its URL. */
  function make(name) {
    const record = postgres.create(name);
    stack.writeConf({ record, database: stack.path(`${name}.db`) });
    stack.run('--new-admin-token', 'first');
    return record;
  }
  const as = (user, url) => url.replace('postgres@', `${user}@`);

  it('finds nothing wrong with one that is right, and changes nothing', async () => {
    const url = postgres.create('empty');
    assert.match(await say(url), /^ok +record +PostgreSQL \d+\.\d+ answers\. The database is empty: rollcalld makes its tables/m);
    assert.equal(postgres.sql(`SELECT count(*) FROM pg_tables WHERE schemaname = 'public'`, 'empty').trim(), '0');
    assert.match(await say(make('right')), /^ok +record +PostgreSQL \d+\.\d+ answers, and its user has all rights that are needed$/m);
  });

  it('says what the user lacks', async () => {
    postgres.sql('CREATE ROLE weak LOGIN');
    const url = make('rights');
    assert.match(await say(as('weak', postgres.create('none'))), /^BAD +record .*may not create tables: make it the owner of the database/m);
    assert.match(await say(as('weak', url)), /^BAD +record .*permission denied for table record.*: make the user in record the owner/m);
    postgres.sql('GRANT SELECT, UPDATE ON ALL TABLES IN SCHEMA public TO weak; GRANT ALL ON member, dm TO weak', 'rights');
    const said = await say(as('weak', url));
    assert.match(said, /^BAD +record .*lacks rights on the tables dm_participant, layer, log, .*workspace: make it their owner/m);
    assert.doesNotMatch(said, / (member|record),/);
    postgres.sql('GRANT ALL ON ALL TABLES IN SCHEMA public TO weak', 'rights');
    assert.match(await say(as('weak', url)), /^ok +record .*has all rights/m);
  });

  it('says that the schema is newer, the encoding another one, the server too old', async () => {
    const newer = make('newer');
    postgres.sql('UPDATE record SET version = 1000', 'newer');
    assert.match(await say(newer), /^BAD +record .*made by a newer rollcalld: install that one here too/m);
    postgres.run('createdb', '-h', postgres.dir, '-U', 'postgres', '-E', 'SQL_ASCII', '-T', 'template0', 'ascii');
    assert.match(await say(postgres.url('ascii')), /^BAD +record .*must have the encoding UTF8: create it with createdb -E UTF8/m);
    const old = await startOld(stack.path('.s.PGSQL.5432'), '12.20');
    const said = await say(`postgresql://x@/d?host=${encodeURIComponent(stack.dir)}`);
    old.close();
    assert.match(said, /^BAD +record .*too old: upgrade it to version 13 or later/m);
  });

  it('says what is missing, and that nothing but a standby is named', async () => {
    assert.match(await say(postgres.url('nowhere')), /^BAD +record .*database "nowhere" does not exist.*: create it \(createdb/m);
    assert.match(await say(as('nobody', postgres.create('there'))), /^BAD +record .*role "nobody" does not exist.*: create it \(createuser/m);
    assert.match(await say('postgresql://x@127.0.0.1:1/d'), /^BAD +record .*Connection refused.*: start PostgreSQL/m);
    assert.match(await say('postgresql://x@no.such.invalid/d'), /^BAD +record .*: check that the name is right/m);
    const standby = await startPostgres(postgres);
    try {
      for (const url of [standby.url('there'), standby.url('there').replace(/&target.*/, '')])
        assert.match(await say(url), /^BAD +record .*: it is a standby: name the primary in record as well, or promote it/m);
    } finally {
      await standby.close();
    }
  });

  it('says that a password is wrong or missing', async () => {
    const url = postgres.create('locked');
    const path = join(postgres.data, 'pg_hba.conf');
    postgres.sql(`CREATE ROLE locked LOGIN PASSWORD 's3cret'`);
    writeFileSync(path, `local all locked scram-sha-256\n${readFileSync(path, 'utf8')}`);
    postgres.sql('SELECT pg_reload_conf()');
    await until(async () => /no password supplied.*: write the password into record/.test(await say(as('locked', url))), 'it is required');
    assert.match(await say(as('locked:s3cretx', url)), /^BAD +record .*password authentication failed.*: correct the user or the password/m);
    assert.doesNotMatch(await say(as('locked:s3cret', url)), /password/);
  });

  it('says what is wrong with certificates', async () => {
    const dir = makeDirectory();
    const ours = new Authority(dir);
    const others = new Authority(dir, 'others');
    const server = await startTlsPostgres(ours.sign('db', 'IP:127.0.0.1'));
    try {
      server.create('tls');
      const where = (host, ca) => `${host}:${server.port}/tls?sslmode=verify-full&sslrootcert=${ca}`;
      assert.match(await say(`postgresql://postgres@${where('127.0.0.1', ours.ca)}`), /^ok +record /m);
      assert.match(await say(`postgresql://postgres@${where('127.0.0.1', others.ca)}`), /^BAD +record .*certificate verify failed.*: set sslrootcert=/m);
      assert.match(await say(`postgresql://postgres@${where('wrong.example', ours.ca)}&hostaddr=127.0.0.1`),
        /^BAD +record .*does not match host name.*: write the host in record as the certificate names it/m);
    } finally {
      await server.close();
      removeDirectory(dir);
    }
  });

  it('and -t say what is wrong with the address itself', async () => {
    for (const [query, sentence] of [
      ['sslrootcert=/no/such.pem', /record: sslrootcert= names a file that this user cannot read: No such file/],
      ['sslcert=/no/such.pem', /record: sslcert= names a file that this user cannot read: No such file/],
      ['sslmode=s3cret', /record: its sslmode= is not one of the values/],
      ['target_session_attrs=s3cret', /record: its target_session_attrs= is not one of the values/],
    ])
      for (const flag of ['-t', '--doctor'])
        assert.match(await say(`postgresql://x@127.0.0.1:1/d?${query}`, flag), sentence, query);
  });
});
