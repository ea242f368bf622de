// SPDX-License-Identifier: ISC
// A flood of requests, from a process of its own: run as a program it sends what its first line of stdin describes, as fast as
// CONNECTIONS connections (or as many as it is told) take it, until stdin ends; then it prints how many answers of which status came.
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { startApart } from './apart.mjs';

const CONNECTIONS = 32;
const ANSWER_MS = 1000; // for the last answers, once it is to end

/* What is sent, over and over, with "%i" counting the requests: REQUESTS, each { method, path, body, token, key }. */
async function flood({ port, requests, connections }) {
  const counts = {};
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  let sent = 0;
  let over = false;
  process.stdin.once('end', () => {
    over = true;
    setTimeout(() => agent.destroy(), ANSWER_MS).unref(); // polls may wait for long
  });
  const one = () =>
    new Promise(done => {
      const number = String(sent++).padStart(8, '0');
      const { method, path, body, token, key } = requests[sent % requests.length];
      const text = body?.replaceAll('%i', number);
      const headers = {
        ...(token && { Authorization: `Bearer ${token.replaceAll('%i', number)}` }),
        ...(key && { 'Idempotency-Key': key.replaceAll('%i', number) }),
        ...(text && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) }),
      };
      const target = path.replaceAll('%i', number);
      const request = http.request({ host: '127.0.0.1', port, method, path: target, headers, agent }, answer => {
        counts[answer.statusCode] = (counts[answer.statusCode] ?? 0) + 1;
        answer.on('end', done).resume();
      });
      request.on('error', done);
      request.end(text);
    });
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (!over) await one();
    }),
  );
  agent.destroy();
  return counts;
}

/** Starts a flood; stop() resolves with the number of answers by status. */
export function startFlood(port, requests, connections = CONNECTIONS) {
  return startApart(import.meta.url, { port, requests, connections });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  let text = '';
  process.stdin.setEncoding('utf8');
  const what = await new Promise(done => {
    process.stdin.on('data', function listen(chunk) {
      text += chunk;
      if (!text.includes('\n')) return;
      process.stdin.off('data', listen);
      done(JSON.parse(text));
    });
  });
  process.stdin.resume();
  console.log('began');
  console.log(JSON.stringify(await flood(what)));
}
