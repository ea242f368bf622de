// SPDX-License-Identifier: ISC
// The clients for applications, before a peer that is slow: a call ends by its timeout, whatever comes meanwhile.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { before, describe, it } from 'node:test';
import tls from 'node:tls';
import { Authority } from '../lib/certificates.mjs';
import { makeDirectory } from '../lib/child.mjs';
import { atMost } from '../lib/until.mjs';
import { Client, languages } from './clients.mjs';

const SECONDS = 2; // of a call
const LATE_MS = atMost(20000); // an answer may be seen late, but not never
const EACH_MS = 50; // between two bytes
const HEAD = 'HTTP/1.1 200 OK\r\n';

/** Writes BEGIN to SOCKET, and then WHAT again and again. */
function trickle(socket, begin, what) {
  socket.write(begin);
  const timer = setInterval(() => socket.write(what), EACH_MS);
  socket.on('close', () => clearInterval(timer));
}

/** Takes what comes from SOCKET a little at a time. */
function sip(socket) {
  socket.on('data', () => {
    socket.pause();
    setTimeout(() => socket.resume(), EACH_MS);
  });
}

/* What comes before an answer, as each client takes it. */
const early = Object.fromEntries(languages.map(one => [one, `HTTP/1.1 ${one === 'Node' ? 103 : 100} So far\r\n\r\n`]));

/* What a peer does once the request has begun to arrive. */
const peers = {
  'nothing comes': () => {},
  'its first line trickles in': socket => trickle(socket, 'HTTP/1.1 200 O', 'K'),
  'a header trickles in': socket => trickle(socket, `${HEAD}X-Slow: `, 'a'),
  'it says again and again that it goes on': (socket, language) => trickle(socket, '', early[language]),
  'nothing follows its head': socket => socket.write(`${HEAD}Content-Length: 100000\r\n\r\n`),
  'its body trickles in': socket => trickle(socket, `${HEAD}Content-Length: 100000\r\n\r\n`, ' '),
  'its last answer trickles in': socket => trickle(socket, `${HEAD}Connection: close\r\n\r\n`, ' '),
  'its chunks trickle in': socket => trickle(socket, `${HEAD}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n \r\n'),
  'the length of a chunk trickles in': socket => trickle(socket, `${HEAD}Transfer-Encoding: chunked\r\n\r\n1;`, 'x'),
};

/** Runs FN with the port of SERVER. */
async function served(server, fn) {
  const sockets = new Set();
  server.on('connection', socket => {
    sockets.add(socket);
    socket.on('error', () => {});
  });
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  try {
    await fn(server.address().port);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

/** A call in LANGUAGE to URL, with ENV, ends by its timeout. */
async function givesUp(language, url, { env, body = null } = {}) {
  const client = new Client(language, env);
  try {
    await client.say({ url, options: { timeout: SECONDS } });
    const begin = performance.now();
    const { status, code, message } = await Promise.race([
      client.error('request', ['POST', '/x', body]),
      new Promise(done => setTimeout(done, LATE_MS, {}).unref()),
    ]);
    assert.deepEqual([status, code, message], [0, 'timeout', `No answer in ${SECONDS} s`]);
    assert.ok(performance.now() - begin >= SECONDS * 1000 - 50, 'not before');
  } finally {
    client.process.kill('SIGKILL');
    await client.ended;
  }
}

describe('clients for applications and slow peers', () => {
  let secure, trust;
  before(() => {
    const dir = makeDirectory();
    const authority = new Authority(dir);
    const { cert, key } = authority.sign('peer', 'DNS:localhost,IP:127.0.0.1');
    secure = { cert: readFileSync(cert), key: readFileSync(key) };
    trust = { NODE_EXTRA_CA_CERTS: authority.ca, SSL_CERT_FILE: authority.ca };
  });

  for (const language of languages)
    describe(language, { concurrency: true }, () => {
      for (const [what, peer] of Object.entries(peers))
        it(`gives up if ${what}`, () => {
          const server = net.createServer(socket => socket.once('data', () => peer(socket, language)));
          return served(server, port => givesUp(language, `http://127.0.0.1:${port}`));
        });

      it('gives up if its request is taken too slowly', () =>
        served(net.createServer(sip), port =>
          givesUp(language, `http://127.0.0.1:${port}`, { body: ' '.repeat(16000000) })));

      it('gives up if no encryption comes to pass', () =>
        served(net.createServer(() => {}), port => givesUp(language, `https://127.0.0.1:${port}`)));

      /* The head of a record of TLS that has 16 KiB, whose bytes come one by one. */
      it('gives up if an encryption trickles in', () =>
        served(net.createServer(socket => socket.once('data', () => trickle(socket, '\x16\x03\x03\x40\x00\x02\x00\x3f\xf0', 'a'))),
          port => givesUp(language, `https://127.0.0.1:${port}`)));

      it('gives up if an encrypted answer trickles in', () =>
        served(tls.createServer(secure, socket => {
          socket.on('error', () => {});
          socket.once('data', () => trickle(socket, `${HEAD}X-Slow: `, 'a'));
        }), port => givesUp(language, `https://127.0.0.1:${port}`, { env: trust })));

      it('reads an encrypted answer, and refuses a certificate that nobody trusts', () =>
        served(tls.createServer(secure, socket => {
          socket.on('error', () => {});
          socket.once('data', () => socket.end(`${HEAD}Content-Length: 2\r\n\r\n{}`));
        }), async port => {
          for (const [env, wanted] of [[trust, /^\{"result":/], [{}, /unreachable.*certificate/i]]) {
            const client = new Client(language, env);
            await client.say({ url: `https://127.0.0.1:${port}` });
            assert.match(JSON.stringify(await client.say({ call: 'request', args: ['GET', '/x'] })), wanted);
            await client.stop();
          }
        }));
    });
});
