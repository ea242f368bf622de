// SPDX-License-Identifier: ISC
// What may lie between a browser and its server: it passes everything on, until a test tells it to hold answers back, to
// cut them off or to refuse.
import http from 'node:http';

export class Middle {
  holds = () => false; // (request, chunk): whether CHUNK of an event stream, and all after it, stay here; null is its head
  refuses = false; // requests to Rollcall
  streams = new Set(); // responses that are event streams under way
  begun = 0; // streams

  constructor(upstream) {
    this.upstream = upstream;
    this.server = http.createServer((request, response) => this.#pass(request, response));
  }

  async listen() {
    await new Promise(done => this.server.listen(0, '127.0.0.1', done));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  #pass(request, response) {
    if (this.refuses && request.url.startsWith('/presence/')) return response.destroy();
    const { method, headers, url: path } = request;
    const target = http.request({ host: '127.0.0.1', port: this.upstream, agent: false, method, path, headers }, answer =>
      /event-stream/.test(answer.headers['content-type'])
        ? this.#stream(request, answer, response)
        : answer.pipe(response.writeHead(answer.statusCode, answer.headers)),
    );
    target.on('error', () => response.destroy());
    response.on('close', () => target.destroy());
    request.pipe(target);
  }

  #stream(request, answer, response) {
    this.begun++;
    this.streams.add(response);
    response.on('close', () => this.streams.delete(response));
    answer.on('error', () => response.destroy());
    answer.on('end', () => response.end());
    let isHeld = this.holds(request, null);
    if (!isHeld) response.writeHead(answer.statusCode, answer.headers).flushHeaders();
    answer.on('data', chunk => {
      isHeld ||= this.holds(request, chunk);
      if (!isHeld) response.write(chunk);
    });
  }

  /** Ends the streams under way as a lost connection does. */
  cut() {
    for (const response of this.streams) response.destroy();
  }

  async stop() {
    this.server.closeAllConnections();
    await new Promise(done => this.server.close(done));
  }
}

/** Starts one in front of PORT. */
export const startMiddle = port => new Middle(port).listen();
