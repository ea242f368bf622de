// SPDX-License-Identifier: ISC
// A FastCGI 1.0 web server's side, byte by byte: what a real server would never send can be sent with it.
import net from 'node:net';
import { pause } from './until.mjs';

export const BEGIN_REQUEST = 1,
  ABORT_REQUEST = 2,
  END_REQUEST = 3,
  PARAMS = 4,
  STDIN = 5,
  STDOUT = 6,
  STDERR = 7;
export const GET_VALUES = 9,
  GET_VALUES_RESULT = 10,
  UNKNOWN_TYPE = 11;
const KEEP_CONN = 1,
  RESPONDER = 1,
  HEADER = 8,
  MAX_CONTENT = 65535;

/** One record. */
export function record(type, id, content = Buffer.alloc(0), padding = 0) {
  const bytes = Buffer.from(content);
  const header = Buffer.from([1, type, id >> 8, id & 255, bytes.length >> 8, bytes.length & 255, padding, 0]);
  return Buffer.concat([header, bytes, Buffer.alloc(padding)]);
}

/** CONTENT in as many records of TYPE as it needs, of SIZE bytes at most, and the empty one that ends it. */
export function stream(type, id, content, size = MAX_CONTENT) {
  const bytes = Buffer.from(content);
  const records = [];
  for (let at = 0; at < bytes.length; at += size) records.push(record(type, id, bytes.subarray(at, at + size)));
  return Buffer.concat([...records, record(type, id)]);
}

function length(number) {
  if (number < 128) return Buffer.from([number]);
  const four = Buffer.alloc(4);
  four.writeUInt32BE((number | 0x80000000) >>> 0);
  return four;
}

/** Name-value pairs; values may be Buffers. */
export function pairs(params) {
  const parts = [];
  for (const [name, value] of Object.entries(params)) {
    const bytes = Buffer.from(value);
    parts.push(length(Buffer.byteLength(name)), length(bytes.length), Buffer.from(name), bytes);
  }
  return Buffer.concat(parts);
}

export function begin(id = 1, keep = false, role = RESPONDER) {
  return record(BEGIN_REQUEST, id, Buffer.from([0, role, keep ? KEEP_CONN : 0, 0, 0, 0, 0, 0]));
}

/** The variables that web servers set for METHOD on TARGET ("/v1/me?x=y"); OVER adds, and removes with undefined. */
export function variables(method, target, { body, token, over = {} } = {}) {
  const [path, query = ''] = target.split('?');
  const all = {
    GATEWAY_INTERFACE: 'CGI/1.1',
    SERVER_PROTOCOL: 'HTTP/1.1',
    SERVER_SOFTWARE: 'test',
    REQUEST_METHOD: method,
    SCRIPT_NAME: '/rollcall',
    PATH_INFO: decodeURIComponent(path),
    REQUEST_URI: `/rollcall${target}`,
    QUERY_STRING: query,
    HTTP_HOST: 'localhost',
    REMOTE_ADDR: '127.0.0.1',
    SERVER_PORT: '80',
    SERVER_NAME: 'localhost',
    ...(body !== undefined && {
      CONTENT_LENGTH: String(Buffer.byteLength(body)),
      CONTENT_TYPE: 'application/json',
    }),
    ...(token && { HTTP_AUTHORIZATION: `Bearer ${token}` }),
    ...over,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

/** All bytes of a request. */
export function requestBytes({ id = 1, keep = false, params, body = '' }) {
  return Buffer.concat([begin(id, keep), stream(PARAMS, id, pairs(params)), stream(STDIN, id, body)]);
}

/** What a responder wrote to its STDOUT, taken apart. */
export function parseAnswer(bytes) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) throw new Error(`no CGI head in ${JSON.stringify(bytes.toString('latin1').slice(0, 200))}`);
  const lines = bytes
    .toString('latin1', 0, end)
    .split('\r\n')
    .map(line =>
      line.split(/:\s*/, 2).length === 2
        ? [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]
        : ['', line],
    );
  const headers = Object.fromEntries(lines);
  const body = bytes.subarray(end + 4);
  const json = /json/.test(headers['content-type'] ?? '') && body.length > 0;
  return {
    status: Number.parseInt(headers.status ?? '200', 10),
    headers,
    bytes: body,
    body: json ? JSON.parse(body) : body.toString(),
  };
}

/** A connection to a responder. */
export class Connection {
  /** Waits while the backlog of a Unix socket is full, as a web server's blocking connect(2) does. */
  static async open(address) {
    for (;;)
      try {
        return await Connection.openNow(address);
      } catch (error) {
        if (error.code !== 'EAGAIN') throw error;
        await pause(10);
      }
  }

  static openNow(address) {
    return new Promise((resolve, reject) => {
      const [host, port] = address.split(':');
      const socket = address.startsWith('/') ? net.connect(address) : net.connect(Number(port), host);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.removeListener('error', reject);
        resolve(new Connection(socket));
      });
    });
  }

  constructor(socket) {
    this.socket = socket;
    this.input = Buffer.alloc(0);
    this.records = []; // { type, id, content } not asked for yet
    this.wake = () => {};
    this.isClosed = false;
    this.closed = new Promise(done => {
      socket.on('error', () => {});
      socket.on('close', () => {
        this.isClosed = true;
        this.wake();
        done();
      });
    });
    socket.on('data', bytes => this.take(bytes));
  }

  take(bytes) {
    this.input = Buffer.concat([this.input, bytes]);
    while (this.input.length >= HEADER) {
      const size = HEADER + this.input.readUInt16BE(4) + this.input[6];
      if (this.input.length < size) break;
      const content = this.input.subarray(HEADER, HEADER + this.input.readUInt16BE(4));
      this.records.push({ type: this.input[1], id: this.input.readUInt16BE(2), content });
      this.input = this.input.subarray(size);
    }
    this.wake();
  }

  send(bytes) {
    this.socket.write(bytes);
  }

  /** Sends BYTES in portions of SIZE, each in a packet of its own, PAUSE ms apart. */
  async sendInPortions(bytes, size, pause = 0) {
    this.socket.setNoDelay?.(true);
    for (let at = 0; at < bytes.length && !this.isClosed; at += size) {
      this.socket.write(bytes.subarray(at, at + size));
      await new Promise(done => (pause ? setTimeout(done, pause) : setImmediate(done)));
    }
  }

  /** The next record of any kind, or null once the connection is closed; throws after MS. */
  async next(ms = 20000) {
    const end = Date.now() + ms;
    while (this.records.length === 0 && !this.isClosed) {
      const left = end - Date.now();
      if (left <= 0) throw new Error(`no FastCGI record within ${ms} ms`);
      await new Promise(done => {
        const timer = setTimeout(done, left);
        this.wake = () => {
          clearTimeout(timer);
          done();
        };
      });
    }
    return this.records.shift() ?? null;
  }

  /** The whole answer to request ID; null if the connection was closed without one. */
  async answer(id = 1, ms = 20000) {
    const out = [];
    for (;;) {
      const got = await this.next(ms);
      if (!got) return null;
      if (got.id !== id) throw new Error(`a record of request ${got.id} where ${id} was asked`);
      if (got.type === STDOUT) out.push(got.content);
      if (got.type === END_REQUEST) {
        const bytes = Buffer.concat(out);
        const end = { appStatus: got.content.readUInt32BE(0), protocolStatus: got.content[4] };
        return bytes.length
          ? { ...parseAnswer(bytes), ...end }
          : { status: 0, headers: {}, body: null, ...end };
      }
    }
  }

  abort(id = 1) {
    this.send(record(ABORT_REQUEST, id));
  }

  destroy() {
    this.socket.destroy();
  }
}

/** One request on a connection of its own, and its answer. BODY may be a value for JSON, a text, or bytes. */
export async function call(address, method, target, { body, token, over, keep, ms } = {}) {
  const bytes = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const connection = await Connection.open(address);
  try {
    connection.send(
      requestBytes({ keep, params: variables(method, target, { body: bytes, token, over }), body: bytes }),
    );
    return await connection.answer(1, ms);
  } finally {
    connection.destroy();
  }
}

/** Many requests over COUNT kept connections: MAKE(i) gives { method, target, body, token, over }; resolves with statuses. */
export async function callMany(address, total, make, count = 8) {
  const statuses = {};
  let index = 0;
  const lane = async () => {
    let connection = null;
    while (index < total) {
      const { method, target, body, token, over } = make(index++);
      const bytes = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
      if (!connection || connection.isClosed) connection = await Connection.open(address);
      connection.send(
        requestBytes({
          keep: true,
          params: variables(method, target, { body: bytes, token, over }),
          body: bytes,
        }),
      );
      const answer = await connection.answer();
      const status = answer?.status ?? 'closed';
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
    connection?.destroy();
  };
  await Promise.all(Array.from({ length: count }, lane));
  return statuses;
}
