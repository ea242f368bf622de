// SPDX-License-Identifier: ISC
//
// A private redis-server for one test file, on a Unix socket in a directory of its own, and a small RESP2 client. Tests
// that need other settings pass them as redis-server's arguments: startRedis('--maxmemory', '10mb'). REDIS_SERVER in the
// environment names another program, such as valkey-server.

import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { Child, makeDirectory, removeDirectory, tail } from './child.mjs';
import { until } from './until.mjs';

/** The program. */
export const redisServer = process.env.REDIS_SERVER || 'redis-server';

const SCRIPTS = new URL('../../src/presence/lua/', import.meta.url);

/** An error that Redis replied with. */
export class RedisError extends Error {}

/** The text of presence script NAME as the build embeds it. */
export function scriptText(name) {
  const read = file => readFileSync(new URL(`${file}.lua`, SCRIPTS), 'utf8');
  const own = read(name);
  const parts = own.match(/^-- Parts {2}(.*)$/m)?.[1].split(' ') ?? [];
  const head = existsSync(new URL(`${name}.head.lua`, SCRIPTS)) ? [read(`${name}.head`)] : [];
  return [...head, read('prelude'), ...parts.map(part => read(`${part}.part`)), own].join('\n');
}

/** ARGS as a RESP command; each a string, a number or a Buffer. */
function encode(args) {
  const parts = [Buffer.from(`*${args.length}\r\n`)];
  for (const arg of args) {
    const bytes = Buffer.isBuffer(arg) ? arg : Buffer.from(String(arg));
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'));
  }
  return Buffer.concat(parts);
}

/** Reads one reply at AT; [value, end], or null if it is not whole. An error is a RedisError, not thrown. */
function decode(buffer, at, bytes) {
  const eol = buffer.indexOf('\r\n', at);
  if (eol < 0) return null;
  const line = buffer.toString('utf8', at + 1, eol);
  const next = eol + 2;
  switch (String.fromCharCode(buffer[at])) {
  case '+':
    return [line, next];
  case '-':
    return [new RedisError(line), next];
  case ':':
    return [Number(line), next];
  case '$':
    return decodeBulk(buffer, next, Number(line), bytes);
  case '*':
    return decodeList(buffer, next, Number(line), bytes);
  default:
    throw new Error(`no RESP: ${JSON.stringify(line)}`);
  }
}

function decodeBulk(buffer, at, length, bytes) {
  if (length < 0) return [null, at];
  if (buffer.length < at + length + 2) return null;
  const body = buffer.subarray(at, at + length);
  return [bytes ? Buffer.from(body) : body.toString('utf8'), at + length + 2];
}

function decodeList(buffer, at, count, bytes) {
  if (count < 0) return [null, at];
  const list = [];
  for (let i = 0; i < count; i++) {
    const got = decode(buffer, at, bytes);
    if (!got) return null;
    list.push(got[0]);
    at = got[1];
  }
  return [list, at];
}

/** One connection. Calls may overlap: they are pipelined. Texts are strings, or with {bytes: true} Buffers. */
export class RedisClient {
  #socket;
  #bytes;
  #input = Buffer.alloc(0);
  #waiting = [];
  #messages = null;

  constructor(socket, { bytes = false } = {}) {
    this.#socket = socket;
    this.#bytes = bytes;
    socket.on('data', chunk => this.#take(chunk));
    socket.on('error', () => {});
    socket.on('close', () => this.#fail());
  }

  /** A client of what listens at WHERE: a Unix socket's path, or {host, port}. */
  static async connect(where, options) {
    const socket = createConnection(typeof where === 'string' ? { path: where } : where);
    await once(socket, 'connect');
    return new RedisClient(socket, options);
  }

  /** Runs a command; rejects with RedisError if Redis refuses it. */
  call(...args) {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) {
        reject(new Error('the connection to Redis is closed'));
        return;
      }
      this.#waiting.push({ resolve, reject });
      this.#socket.write(encode(args));
    });
  }

  /** Subscribes to CHANNELS and returns the growing list of messages, each {channel, message}. No call() after this. */
  async subscribe(...channels) {
    const messages = [];
    const acks = channels.map(() => new Promise((resolve, reject) => this.#waiting.push({ resolve, reject })));
    this.#messages = messages;
    this.#socket.write(encode(['SUBSCRIBE', ...channels]));
    await Promise.all(acks);
    return messages;
  }

  close() {
    this.#socket.destroy();
  }

  #take(chunk) {
    this.#input = this.#input.length ? Buffer.concat([this.#input, chunk]) : chunk;
    let at = 0;
    for (let got; at < this.#input.length; at = got[1]) {
      got = decode(this.#input, at, this.#bytes);
      if (!got) break;
      this.#deliver(got[0]);
    }
    this.#input = this.#input.subarray(at);
  }

  #deliver(value) {
    if (this.#messages && Array.isArray(value) && String(value[0]) === 'message') {
      this.#messages.push({ channel: String(value[1]), message: value[2] });
      return;
    }
    const { resolve, reject } = this.#waiting.shift();
    if (value instanceof RedisError) reject(value);
    else resolve(value);
  }

  #fail() {
    for (const { reject } of this.#waiting.splice(0)) reject(new Error('the connection to Redis was lost'));
  }
}

/** A redis-server in a directory of its own, with one client of its own behind call(). */
class Redis {
  #argv;
  #child;
  #client;
  #loaded = new Map(); // script name -> promise of its SHA-1

  constructor(more, prefix) {
    this.dir = makeDirectory('rollcall-redis-');
    this.socket = join(this.dir, 'redis.sock');
    this.#argv = [...prefix, redisServer, '--port', '0', '--unixsocket', this.socket, '--unixsocketperm', '777',
      '--dir', this.dir, '--save', '', '--appendonly', 'no', ...more];
  }

  get pid() {
    return this.#child.pid;
  }

  get log() {
    return join(this.dir, 'redis.log');
  }

  /** Starts it, with what its directory holds; resolves once it answers. ENV: for a program that is preloaded. */
  async start(env = process.env) {
    this.#child = new Child(this.#argv, { log: this.log, env });
    this.#client = await until(() => {
      if (this.#child.exit) throw new Error(`${redisServer} has ended:\n${tail(this.log)}`);
      return RedisClient.connect(this.socket).catch(() => null);
    }, `${redisServer} listens`);
  }

  /** Kills it; its directory stays, for start(). */
  async kill() {
    this.#client?.close();
    await this.#child?.kill();
  }

  call(...args) {
    return this.#client.call(...args);
  }

  /** A further connection. */
  connect(options) {
    return RedisClient.connect(this.socket, options);
  }

  /** Runs a Lua text. */
  eval(text, keys = [], args = []) {
    return this.call('EVAL', text, keys.length, ...keys, ...args);
  }

  /** Runs presence script NAME on CLIENT (the own one by default). */
  async run(name, keys, args, client = this.#client) {
    if (!this.#loaded.has(name)) this.#loaded.set(name, this.call('SCRIPT', 'LOAD', scriptText(name)));
    return client.call('EVALSHA', await this.#loaded.get(name), keys.length, ...keys, ...args);
  }

  /** Ends the server and removes its directory. */
  async stop() {
    await this.kill();
    removeDirectory(this.dir);
  }
}

/**
 * Starts redis-server with further ARGS: texts, or one {args: [...], env, prefix}; prefix: words before the command. It keeps nothing
 * on disk unless told to, and dies with this process. Resolves once it answers.
 */
export async function startRedis(...args) {
  const more = args.flatMap(arg => (typeof arg === 'object' ? arg.args ?? [] : String(arg)));
  const redis = new Redis(more, args.find(arg => arg?.prefix)?.prefix ?? []);
  await redis.start(args.find(arg => arg?.env)?.env);
  return redis;
}
