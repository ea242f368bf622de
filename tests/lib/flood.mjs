// SPDX-License-Identifier: ISC
// A flood of requests, from a process of its own: run as a program it sends what its first line of stdin describes, as fast as
// CONNECTIONS connections take it, until stdin ends; then it prints how many answers of which status came.
import http from 'node:http';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const CONNECTIONS = 32;

/* What is sent, over and over, with "%i" counting the requests: REQUESTS, each { method, path, body, token }. */
async function flood({ port, requests }) {
  const counts = {};
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  let sent = 0;
  let over = false;
  process.stdin.once('end', () => {
    over = true;
  });
  const one = () =>
    new Promise(done => {
      const number = String(sent++).padStart(8, '0');
      const { method, path, body, token } = requests[sent % requests.length];
      const text = body?.replaceAll('%i', number);
      const headers = {
        ...(token && { Authorization: `Bearer ${token.replaceAll('%i', number)}` }),
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
    Array.from({ length: CONNECTIONS }, async () => {
      while (!over) await one();
    }),
  );
  agent.destroy();
  return counts;
}

/** Starts a flood; stop() resolves with the number of answers by status. */
export function startFlood(port, requests) {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  child.stdin.write(`${JSON.stringify({ port, requests })}\n`);
  return {
    stop: () =>
      new Promise((resolve, reject) => {
        lines.once('line', line => resolve(JSON.parse(line)));
        child.once('error', reject);
        child.stdin.end();
      }),
  };
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
  console.log(JSON.stringify(await flood(what)));
}
