// SPDX-License-Identifier: ISC
// One HTTP request on a connection of its own, so that a test decides when the connection dies.
import http from 'node:http';

/**
 * Sends a request, to 127.0.0.1 if no HOST is given. Resolves with { status, headers, bytes, ms }. The promise has abort(how): it resets the
 * connection, as a killed browser does, or with 'close' closes it as usual, and the promise rejects with code ECONNRESET.
 */
export function request({ host = '127.0.0.1', port, method, path, headers = {}, body, timeout = 60000 }) {
  const began = performance.now();
  let outgoing;
  const promise = new Promise((resolve, reject) => {
    outgoing = http.request({ host, port, method, path, headers, agent: false }, incoming => {
      const chunks = [];
      incoming.on('data', chunk => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode,
          headers: incoming.headers,
          bytes: Buffer.concat(chunks),
          ms: performance.now() - began,
        }),
      );
    });
    outgoing.on('error', reject);
    outgoing.setTimeout(timeout, () =>
      outgoing.destroy(new Error(`${method} ${path}: no answer in ${timeout} ms`)),
    );
    outgoing.end(body);
  });
  promise.catch(() => {}); // an aborted request that nobody waits for is not a failure
  promise.abort = (how = 'reset') => {
    if (how === 'reset' && outgoing.socket?.resetAndDestroy) outgoing.socket.resetAndDestroy();
    outgoing.destroy(Object.assign(new Error('aborted by the test'), { code: 'ECONNRESET' }));
  };
  return promise;
}
