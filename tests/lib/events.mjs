// SPDX-License-Identifier: ISC
// A client of Server-Sent Events that keeps everything it is told: the stream as events.
import http from 'node:http';
import { constants, createGunzip } from 'node:zlib';
import { query } from './person.mjs';
import { until } from './until.mjs';

/** Parses a block of lines (HTML Standard, 9.2.6); null for a comment. */
function eventOf(block) {
  const fields = block
    .split('\n')
    .filter(line => line && !line.startsWith(':'))
    .map(line => line.match(/^([^:]+): ?(.*)$/).slice(1));
  if (fields.length === 0) return null;
  const { event, id, data } = Object.fromEntries(fields);
  return { event, id, data: JSON.parse(data), at: performance.now() };
}

export class Events {
  events = []; // { event, id, data, at }, in order
  comments = 0;
  ended = false; // the answer is complete
  error = null; // its connection broke
  #text = '';

  /**
   * Opens PERSON's stream, or that of { stack, ws, token } who is nobody, with PARAMS; LAST: the id of the last event seen; PORT and MOUNT, of another web server than the stack's
   * own; ON_EVENT is called with each event. Resolves once its head is here.
   */
  static async open(person, params = {}, { last, headers = {}, port, mount, onEvent } = {}) {
    const self = new Events();
    self.onEvent = onEvent;
    const { stack, ws, user, token = stack.tokens.get(user) } = person;
    const at = `/v1/${user === undefined ? 'admin/' : ''}workspaces/${ws}/stream`;
    const response = await new Promise((resolve, reject) => {
      self.request = http.get(
        {
          ...{ host: stack.host, port: port ?? stack.port, agent: false },
          path: `${mount ?? stack.options.mount}${at}${query(params)}`,
          headers: {
            Accept: 'text/event-stream',
            Authorization: `Bearer ${token}`,
            ...(last && { 'Last-Event-ID': last }),
            ...headers,
          },
        },
        resolve,
      );
      self.request.on('error', reject);
    });
    self.#take(response);
    return self;
  }

  #take(response) {
    this.response = response;
    this.status = response.statusCode;
    this.headers = response.headers;
    const text = response.headers['content-encoding'] === 'gzip' ? response.pipe(createGunzip({ finishFlush: constants.Z_SYNC_FLUSH })) : response;
    text.setEncoding('utf8');
    text.on('data', part => this.#read(part));
    text.on('error', error => (this.error = error));
    response.on('error', error => (this.error = error));
    response.on('end', () => (this.ended = true));
    this.request.removeAllListeners('error').on('error', error => (this.error = error));
  }

  #read(text) {
    const blocks = (this.#text + text).split('\n\n');
    this.#text = blocks.pop();
    for (const block of blocks) {
      const event = eventOf(block);
      if (event) {
        this.events.push(event);
        this.onEvent?.(event);
      } else this.comments++;
    }
  }

  /** All events of a TYPE. */
  of(type) {
    return this.events.filter(({ event }) => event === type);
  }

  /** What it was told of users: [[user, status], ...], in order. */
  get told() {
    return this.of('changes').flatMap(({ data }) => data.changes.map(({ user, status }) => [user, status]));
  }

  /** Resolves with the event of TYPE number INDEX, once it is here. */
  next(type, index = 0, ms) {
    return until(() => this.of(type)[index], `event "${type}" ${index}`, ms);
  }

  /** The client goes away, as a killed browser does. */
  close() {
    this.request.socket?.resetAndDestroy();
    this.request.destroy();
  }
}
