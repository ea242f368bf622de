// SPDX-License-Identifier: ISC
// Ten thousand members: in by one request within seconds, out by another, and in again; all of them or none.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { valgrind } from '../lib/program.mjs';
import { startStack } from '../lib/stack.mjs';
import { quickOnce } from '../lib/until.mjs';

const ndjson = { 'Content-Type': 'application/x-ndjson' };
const asNdjson = { Accept: 'application/x-ndjson' };
const many = 10000;

/* The master kills a worker that is silent for 7 s. */
const slow = valgrind && 'under valgrind an import of 10,000 members takes longer than a worker may be silent';

describe('many members', { skip: slow }, () => {
  let stack, count = 0;
  before(async () => {
    stack = await startStack({ workers: 2, conf: { ttl: 60, heartbeat: 30, wait: 20, gap: 10 } });
  });
  after(() => stack?.stop());

  async function newWorkspace() {
    const ws = `many-${++count}`;
    await stack.adm('PUT', `/workspaces/${ws}`, { body: {} });
    return ws;
  }
  const post = (ws, body) => stack.adm('POST', `/workspaces/${ws}/members`, { body, headers: ndjson });
  const dump = (ws, query = '') => stack.adm('GET', `/workspaces/${ws}/members${query}`, { headers: asNdjson });
  const people = Array.from({ length: many }, (_, i) => ({
    user: `user ${String(i).padStart(5, '0')}@example.org`,
    name: `Ünïversal "Member" ${i}`,
    role: ['member', 'guest', 'admin'][i % 3],
  }));
  const text = `${people.map(one => JSON.stringify(one)).join('\n')}\n`;

  it('are imported, exported and imported elsewhere, the same to the last byte, within seconds', async () => {
    const to = await newWorkspace();
    let from, out;
    await quickOnce(async () => {
      from = await newWorkspace();
      const { status, body, ms } = await post(from, text);
      assert.deepEqual([status, body], [200, { added: many, changed: 0, total: many }]);
      return ms;
    }, 5000);
    await quickOnce(async () => (out = await dump(from)).ms, 2000);
    assert.deepEqual([out.status, out.headers['content-type'], out.headers.link], [200, 'application/x-ndjson', undefined]);
    assert.equal(out.bytes.toString(), text);
    assert.deepEqual((await post(to, out.bytes)).body, { added: many, changed: 0, total: many });
    assert.deepEqual((await post(to, out.bytes)).body, { added: 0, changed: 0, total: many }, 'and twice changes nothing');
    assert.equal((await dump(to)).bytes.toString(), text);
  });

  it('are exported in portions if wanted, by links that lead on', async () => {
    const ws = await newWorkspace();
    const odd = ['a b', 'a%2Fb', 'a&limit=1', 'ä', 'a"b', 'z'].map(user => ({ user, name: user, role: 'member' }));
    await post(ws, odd.map(one => JSON.stringify(one)).join('\n'));
    let [query, all, requests] = ['?limit=2', '', 0];
    while (query) {
      const { headers, bytes } = await dump(ws, query);
      all += bytes;
      requests++;
      query = /^<(\?[^>]*)>; rel="next"$/.exec(headers.link ?? '')?.[1];
    }
    assert.equal(requests, 3);
    const users = all.trimEnd().split('\n').map(line => JSON.parse(line).user);
    const bytewise = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));
    assert.deepEqual(users, odd.map(one => one.user).sort(bytewise));
  });

  it('are not imported if the last line is wrong, and that line is named', async () => {
    const ws = await newWorkspace();
    const { status, body } = await post(ws, `${text}{"user":"","name":"x"}\n`);
    assert.deepEqual([status, body.code, body.line], [400, 'bad_request', many + 1]);
    assert.match(body.detail, /^Line 10001: .*Nothing was imported/);
    assert.equal((await dump(ws)).bytes.length, 0);
  });

  it('too many of whom are refused as a whole', async () => {
    const ws = await newWorkspace();
    const lines = Array.from({ length: 20001 }, (_, i) => `{"user":"u${i}"}`).join('\n');
    const { status, body } = await post(ws, lines);
    assert.deepEqual([status, body.line], [400, 20001]);
    assert.equal((await post(ws, text.repeat(2))).status, 413);
    assert.equal((await stack.adm('GET', `/workspaces/${ws}`)).body.members, 0);
  });

  it('are imported past blank lines and a byte order mark, with any line ends', async () => {
    const ws = await newWorkspace();
    const lines = ['\ufeff', '{"user":"ann"}', '', '  ', ' \t', '\ufeff{"user":"bob"}', '{"user":"eve"}', ''];
    assert.deepEqual((await post(ws, lines.join('\r\n'))).body, { added: 3, changed: 0, total: 3 });
    assert.deepEqual((await post(ws, `\ufeff${lines[1]}`)).body, { added: 0, changed: 0, total: 1 });
  });

  const curl = (ws, ...args) =>
    new Promise(done =>
      execFile(
        'curl',
        ['-s', '-H', `Authorization: Bearer ${stack.admin}`, ...args,
                    `http://127.0.0.1:${stack.port}/rollcall/v1/admin/workspaces/${ws}/members`],
        { cwd: stack.dir },
        (error, stdout) => done(JSON.parse(stdout)),
      ),
    );

  it('are not imported from a file that curl took the line ends out of, and the option that does not is named', async () => {
    const ws = await newWorkspace();
    writeFileSync(stack.path('members.ndjson'), text);
    const answer = await curl(ws, '-d', '@members.ndjson');
    assert.deepEqual([answer.status, answer.line], [400, 1]);
    assert.match(answer.detail, /--data-binary @FILE/);
    assert.equal((await curl(ws, '--data-binary', '@members.ndjson')).added, many);
  });

  it('are not imported from an empty body, which is an error', async () => {
    const ws = await newWorkspace();
    for (const body of ['', '\n\n', ' \r\n\ufeff\n']) {
      const { status, body: problem } = await post(ws, body);
      assert.deepEqual([status, problem.code], [400, 'bad_request'], JSON.stringify(body));
      assert.match(problem.detail, /^The body is empty: .*--data-binary @FILE/);
    }
    assert.match((await curl(ws, '--data-binary', '@nofile')).detail, /^The body is empty/);
  });

  it('that are an array, or spread over lines, are told how an import looks', async () => {
    const ws = await newWorkspace();
    for (const body of ['[{"user":"ann"}]', '[\n  {"user":"ann"}\n]\n', '{\n  "user": "ann"\n}\n']) {
      const answer = await post(ws, body);
      assert.deepEqual([answer.status, answer.body.line], [400, 1], body);
      assert.match(answer.body.detail, /Each line must be an object of its own\. Nothing was imported\.$/);
    }
  });

  it('are exported of no workspace that is not there, and to no user', async () => {
    assert.equal((await dump('not-there')).status, 404);
    const ws = await newWorkspace();
    const token = await stack.newToken({ user: 'user' });
    const answer = await stack.req('GET', `/v1/admin/workspaces/${ws}/members`, { token, headers: asNdjson });
    assert.equal(answer.status, 403);
    for (const query of ['?limit=0', '?limit=x']) assert.equal((await dump(ws, query)).status, 400);
  });

  it('wake those who watch, who are told to read the members again', async () => {
    const [u0] = await stack.room(1);
    const poll = u0.poll({ since: await u0.cursor() });
    await post(u0.ws, text);
    assert.deepEqual((await poll).body.refetch, ['members']);
  });

  it('read well as a table', async () => {
    const ws = await newWorkspace();
    await post(ws, '{"user":"ann","name":"Änn"}\n{"user":"bob-the-second","name":"B","role":"guest"}\n');
    const { body, headers } = await stack.adm('GET', `/workspaces/${ws}/members`, { headers: { Accept: 'text/plain' } });
    assert.match(headers['content-type'], /^text\/plain/);
    assert.equal(
      body.toLowerCase(),
      ['user            name  role', 'ann             änn   member', 'bob-the-second  b     guest', ''].join('\n'),
    );
  });
});
