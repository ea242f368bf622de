// SPDX-License-Identifier: ISC
// FastCGI from the web server's side: records in any portions, bodies that differ from their announced length, bytes
// that are not FastCGI. A bad connection costs only itself, never the worker.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import * as fcgi from '../lib/fcgi.mjs';
import { newSession } from '../lib/person.mjs';
import { startStack } from '../lib/stack.mjs';
import { atMost, pause } from '../lib/until.mjs';

describe('FastCGI', { concurrency: 4 }, () => {
  let stack, token, path, worker;
  before(async () => {
    stack = await startStack({ conf: { ttl: 30, heartbeat: 10, wait: 5, gap: 5 } });
    const [u0] = await stack.room(1);
    token = stack.tokens.get('u0');
    path = `/v1/workspaces/${u0.ws}`;
    [worker] = stack.workers();
  });
  after(async () => {
    if (stack) assert.deepEqual(stack.workers(), [worker], 'the worker has lived through it all');
    await stack?.stop();
  });

  const beat = () => JSON.stringify({ session: newSession() });
  const beatBytes = (options = {}) => {
    const body = options.body ?? beat();
    return fcgi.requestBytes({
      params: fcgi.variables('POST', `${path}/heartbeat`, { body, token, over: options.over }),
      body,
      keep: options.keep,
      id: options.id,
    });
  };
  const alive = async () => assert.equal((await fcgi.call(stack.address, 'GET', '/healthz')).status, 200);

  it('answers a request whole in one packet, with its end', async () => {
    const answer = await fcgi.call(stack.address, 'POST', `${path}/heartbeat`, {
      token,
      body: { session: newSession() },
    });
    assert.deepEqual([answer.status, answer.appStatus, answer.protocolStatus], [200, 0, 0]);
    assert.equal(answer.headers['content-type'], 'application/json');
    assert.equal(Number(answer.headers['content-length']), answer.bytes.length);
  });

  it('reads a request in whatever portions it comes', async () => {
    for (const size of [1, 7, 8, 9, 100, 333]) {
      const connection = await fcgi.Connection.open(stack.address);
      await connection.sendInPortions(beatBytes(), size);
      assert.equal((await connection.answer()).status, 200, `in portions of ${size}`);
      connection.destroy();
    }
  });

  it('reads records that are padded, and any request id', async () => {
    const body = beat();
    const params = fcgi.pairs(fcgi.variables('POST', `${path}/heartbeat`, { body, token }));
    for (const id of [1, 256, 65535]) {
      const connection = await fcgi.Connection.open(stack.address);
      connection.send(
        Buffer.concat([
          fcgi.begin(id),
          fcgi.record(fcgi.PARAMS, id, params.subarray(0, 100), 7),
          fcgi.record(fcgi.PARAMS, id, params.subarray(100), 255),
          fcgi.record(fcgi.PARAMS, id),
          fcgi.record(fcgi.STDIN, id, body, 3),
          fcgi.record(fcgi.STDIN, id, '', 5),
        ]),
      );
      assert.equal((await connection.answer(id)).status, 200);
      connection.destroy();
    }
  });

  it('keeps a connection for the next request if it is asked to, and closes it otherwise', async () => {
    const connection = await fcgi.Connection.open(stack.address);
    for (let i = 0; i < 20; i++) {
      connection.send(beatBytes({ keep: true, id: i + 1 }));
      assert.equal((await connection.answer(i + 1)).status, 200);
    }
    connection.send(Buffer.concat([beatBytes({ keep: true }), beatBytes({ keep: false })]));
    assert.equal((await connection.answer()).status, 200);
    assert.equal((await connection.answer()).status, 200, 'one that came right behind another');
    await connection.closed;
  });

  it('keeps an idle connection for longer than a request may take', async () => {
    const connection = await fcgi.Connection.open(stack.address);
    connection.send(beatBytes({ keep: true }));
    assert.equal((await connection.answer()).status, 200);
    await pause(11000);
    connection.send(beatBytes({ keep: true }));
    assert.equal((await connection.answer()).status, 200);
    connection.destroy();
  });

  it('closes what is not whole in 10 s, and costs nothing while it waits', async () => {
    const cpu = () =>
      readFileSync(`/proc/${worker}/stat`, 'utf8')
        .split(') ')[1]
        .split(' ')
        .slice(11, 13)
        .reduce((sum, ticks) => sum + Number(ticks), 0);
    const halves = [];
    for (const share of [0.01, 0.3, 0.6, 0.99]) {
      const connection = await fcgi.Connection.open(stack.address);
      const bytes = beatBytes();
      connection.send(bytes.subarray(0, Math.floor(bytes.length * share)));
      halves.push(connection);
    }
    const began = Date.now();
    const before = cpu();
    await Promise.all(halves.map(connection => connection.closed));
    const took = Date.now() - began;
    assert.ok(took > 5000 && took < atMost(16000), `closed after ${took} ms`);
    assert.ok(cpu() - before < took / 10 / 3, `${cpu() - before} ticks of CPU in ${took} ms`); // a tick is 10 ms; others work too
  });

  it('reads a body to its end, or refuses it, whatever CONTENT_LENGTH says', async () => {
    const body = beat();
    const right = String(body.length);
    const lengths = {
      absent: undefined,
      empty: '',
      unknown: '-1', // as Apache says of a chunked body
      negative: '-2',
      mixed: '12abc',
      huge: '9'.repeat(20),
      spaced: ` ${right}`,
      more: String(body.length + 10),
      less: String(body.length - 5),
    };
    for (const [name, value] of Object.entries(lengths)) {
      const connection = await fcgi.Connection.open(stack.address);
      connection.send(beatBytes({ body, over: { CONTENT_LENGTH: value } }));
      const { status } = await connection.answer();
      const right = ['absent', 'unknown'].includes(name) ? [200, 411] : [200, 400, 411, 413];
      assert.ok(right.includes(status), `${name}: ${status}`);
      if (['negative', 'mixed', 'huge', 'more'].includes(name)) assert.notEqual(status, 200, name);
      connection.destroy();
    }
  });

  it('takes a chunked body', async () => {
    const body = beat();
    const { status } = await stack.req('POST', `${path}/heartbeat`, {
      body,
      token,
      headers: { 'Content-Length': null, 'Transfer-Encoding': 'chunked' },
    });
    assert.equal(status, 200);
  });

  it('refuses a body over 1 MiB so that the web server sees the answer', async () => {
    const body = JSON.stringify({ session: newSession(), status: 'x'.repeat(1.5 * 2 ** 20) });
    const answer = await fcgi.call(stack.address, 'POST', `${path}/heartbeat`, { body, token });
    assert.deepEqual([answer.status, answer.body.code], [413, 'too_large']);
    assert.equal((await stack.req('POST', `${path}/heartbeat`, { body, token })).status, 413);
    await alive();
  });

  it('reads 60 KB of parameters in several records, and ends more than it holds', async () => {
    const request = (cookie, size) => {
      const params = fcgi.pairs(
        fcgi.variables('GET', '/v1/me', { token, over: { HTTP_COOKIE: 'c'.repeat(cookie) } }),
      );
      return Buffer.concat([
        fcgi.begin(),
        fcgi.stream(fcgi.PARAMS, 1, params, size),
        fcgi.stream(fcgi.STDIN, 1, ''),
      ]);
    };
    for (const size of [1000, 8192, 65535]) {
      const connection = await fcgi.Connection.open(stack.address);
      connection.send(request(60000, size));
      assert.equal((await connection.answer()).status, 200);
    }
    const connection = await fcgi.Connection.open(stack.address);
    connection.send(request(300000, 65535));
    const answer = await connection.answer();
    assert.ok(answer === null || (answer.status >= 400 && answer.status < 500));
    await alive();
  });

  it('refuses or closes what is not a sound request, and goes on', async () => {
    const huge = Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 65, 66]);
    const withParams = bytes =>
      Buffer.concat([fcgi.begin(), fcgi.stream(fcgi.PARAMS, 1, bytes), fcgi.stream(fcgi.STDIN, 1, '')]);
    const over = more => fcgi.requestBytes({ params: fcgi.variables('GET', '/v1/me', { token, over: more }) });
    const bad = {
      'lengths of 0x7fffffff': withParams(huge),
      'a name that is longer than the record': withParams(Buffer.from([100, 1, 65])),
      'no parameters': withParams(''),
      'no REQUEST_METHOD': over({ REQUEST_METHOD: undefined }),
      'an empty REQUEST_METHOD': over({ REQUEST_METHOD: '' }),
      'no path at all': over({ PATH_INFO: undefined, SCRIPT_NAME: undefined, REQUEST_URI: undefined }),
      'another role': Buffer.concat([
        fcgi.begin(1, false, 2),
        fcgi.stream(fcgi.PARAMS, 1, ''),
        fcgi.stream(fcgi.STDIN, 1, ''),
      ]),
      'another version': Buffer.concat([Buffer.from([2]), beatBytes().subarray(1)]),
      'STDIN before all': fcgi.record(fcgi.STDIN, 1, 'x'),
      'a second request inside the first': Buffer.concat([
        fcgi.begin(1),
        fcgi.begin(2),
        fcgi.stream(fcgi.PARAMS, 1, ''),
      ]),
      HTTP: Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
      'random bytes': randomBytes(3000),
    };
    for (const [name, bytes] of Object.entries(bad)) {
      const connection = await fcgi.Connection.open(stack.address);
      connection.send(bytes);
      connection.socket.end();
      const answer = await connection.answer(1, 15000).catch(error => ({ status: 0, error }));
      assert.ok(
        answer === null || (answer.status < 500 && answer.status !== 200),
                `${name}: ${JSON.stringify(answer)}`,
      );
      connection.destroy();
      await alive();
    }
    assert.equal(
      (await fcgi.call(stack.address, 'GET', '/v1/me', { token, over: { QUERY_STRING: undefined } })).status,
      200,
      'a missing QUERY_STRING is an empty query',
    );
  });

  it('says what it can do when asked before any request', async () => {
    const connection = await fcgi.Connection.open(stack.address);
    connection.send(fcgi.record(fcgi.GET_VALUES, 0, fcgi.pairs({ FCGI_MPXS_CONNS: '', FCGI_MAX_CONNS: '' })));
    const got = await connection.next();
    assert.ok(got === null || got.type === fcgi.GET_VALUES_RESULT, `type ${got?.type}`);
    if (got) assert.match(got.content.toString('latin1'), /FCGI_MPXS_CONNS0/);
    connection.destroy();
    await alive();
  });
});
