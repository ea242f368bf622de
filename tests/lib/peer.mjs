// SPDX-License-Identifier: ISC
// A bad network in front of a real Redis: it passes everything on, until a test tells it to refuse, to answer in Redis's
// place, to cut a reply in half, to say nothing, or to lead to another Redis.
import net from 'node:net';
import { Splitter, wordsOf } from './resp.mjs';

class Link {
  constructor(peer, client) {
    this.peer = peer;
    this.client = client;
    this.upstream = net.connect(peer.upstream);
    this.waiting = []; // one entry a command, in order: { reply: bytes or null, cut: how much of it passes, deliver }
    this.delivering = false; // a reply is on its way: what comes behind it waits
    this.subscribed = false;
    this.held = null; // commands from the first that was to be held on
    const commands = new Splitter(),
      replies = new Splitter();
    client.on('data', bytes => commands.feed(bytes).forEach(command => this.command(command)));
    this.upstream.on('data', bytes => replies.feed(bytes).forEach(reply => this.reply(reply)));
    for (const socket of [client, this.upstream]) {
      socket.on('error', () => {});
      socket.on('close', () => this.end());
    }
  }

  end() {
    this.client.destroy();
    this.upstream.destroy();
    this.waiting.length = 0;
    this.peer.links.delete(this);
  }

  command(bytes) {
    if (this.held) {
      this.held.push(bytes);
      return;
    }
    const words = wordsOf(bytes);
    const deed = this.peer.rule?.(words, this) ?? 'pass';
    this.peer.commands++;
    if (deed === 'hang') return;
    if (deed === 'hold') {
      this.held = [bytes];
      return;
    }
    if (deed === 'close') {
      this.end();
      return;
    }
    if (deed.answer) {
      this.waiting.push({ reply: Buffer.from(`${deed.answer}\r\n`, 'latin1'), cut: Infinity });
      this.flush();
      return;
    }
    if (/^p?subscribe$/i.test(words[0])) this.subscribed = true;
    this.waiting.push({ reply: null, cut: deed.cut ?? Infinity, deliver: deed.deliver });
    this.upstream.write(bytes);
  }

  release() {
    const held = this.held ?? [];
    this.held = null;
    held.forEach(bytes => this.command(bytes));
  }

  reply(bytes) {
    const slot = this.waiting.find(entry => entry.reply === null);
    if (slot) slot.reply = bytes;
    else this.peer.tell(this.client, bytes); // a message on a channel: nobody asked for it
    this.flush();
  }

  flush() {
    while (!this.delivering && this.waiting.length > 0 && this.waiting[0].reply) {
      const { reply, cut, deliver } = this.waiting.shift();
      if (deliver) {
        this.delivering = true;
        Promise.resolve(deliver(this.client, reply)).then(() => {
          this.delivering = false;
          this.flush();
        });
        return;
      }
      this.client.write(reply.subarray(0, Math.min(cut, reply.length)));
      if (cut < reply.length) {
        this.client.end();
        this.client.destroySoon();
        return;
      }
    }
  }
}

export class Peer {
  links = new Set();
  accepted = 0;
  commands = 0;
  /** What to do with connections: 'pass', or 'close' at once. */
  accepting = 'pass';
  /**
   * Asked of each command (an array of words): 'pass', 'hang' (say nothing), 'close', { answer: '-LOADING ...' } in Redis's
   * place, { cut: n } (pass it on, and of the reply n bytes, then close), { deliver: async (socket, reply) => ... } (pass it
   * on, and write what that function writes instead of the reply), or 'hold' (pass it and all behind it on when it is released).
   * None: all pass.
   */
  rule = null;
  /** By how much messages on channels come later than replies. */
  messagesLateMs = 0;

  constructor(upstream) {
    this.upstream = upstream;
    this.server = net.createServer(client => {
      this.accepted++;
      client.on('error', () => {});
      if (this.accepting === 'close') client.destroy();
      else this.links.add(new Link(this, client));
    });
  }

  /** Breaks all connections; with SUBSCRIBED, those alone that listen to channels. */
  drop(subscribed = false) {
    for (const link of [...this.links]) if (!subscribed || link.subscribed) link.end();
  }

  /* Passes the message BYTES on to CLIENT. */
  tell(client, bytes) {
    if (this.messagesLateMs > 0) setTimeout(() => client.write(bytes), this.messagesLateMs);
    else client.write(bytes);
  }

  /** How many connections hold commands back. */
  get holding() {
    return [...this.links].filter(link => link.held).length;
  }

  /** Passes on what was held back; from now on all pass, or as RULE says. */
  release(rule = null) {
    this.rule = rule;
    for (const link of [...this.links]) link.release();
  }

  /** Sends BYTES, which nobody asked for, on all connections that listen to channels; with EVERY, on all. */
  push(bytes, every = false) {
    for (const link of [...this.links]) if (every || link.subscribed) link.client.write(bytes, 'latin1');
  }

  /** Everything is answered with LINE, as a Redis that is loading, busy or without its master does. */
  answerAll(line) {
    this.rule = () => ({ answer: line });
  }

  stop() {
    this.drop();
    return new Promise(done => this.server.close(done));
  }
}

/**
 * A peer that listens at PATH and leads to the Redis at UPSTREAM: each the path of a Unix socket; PATH may be 0, for a port of
 * this machine, and UPSTREAM { host, port }.
 */
export function startPeer(path, upstream) {
  const peer = new Peer(upstream);
  return new Promise((resolve, reject) => {
    peer.server.on('error', reject);
    peer.server.listen(path === 0 ? { port: 0, host: '127.0.0.1' } : path, () => resolve(peer));
  });
}
