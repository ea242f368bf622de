// SPDX-License-Identifier: ISC
// The clients for applications, each in its own language, driven alike: one line of JSON a call, one an answer.
//
// A line is {url, options}, which makes the client, or {call, args, named}: the method's name as in Node, its arguments, and those
// that have names: an object behind the others in Node and PHP, keywords in Python. An answer is {result}, {error} with the
// parts of the language's own error, or {wrong, message}: whether it is what the language calls a wrong argument.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = name => fileURLToPath(new URL(name, import.meta.url));

const commands = {
  Node: [process.execPath, here('drive.mjs')],
  PHP: ['php', '-n', here('drive.php')],
  Python: ['python3', here('drive.py')],
};

/** The languages that have a client. */
export const languages = Object.keys(commands);

export class Client {
  /** With ENV added to the environment. */
  constructor(language, env = {}) {
    const [program, ...args] = commands[language];
    this.process = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } });
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
    this.ended = new Promise(done => this.process.on('close', done));
    this.process.on('error', error => (this.failure = error));
  }

  /** What the client answers to LINE. */
  async say(line) {
    this.process.stdin.write(`${JSON.stringify(line)}\n`);
    const { value, done } = await this.lines.next();
    assert.ok(!done, `the client has ended: ${this.failure?.message ?? 'see above'}`);
    return JSON.parse(value);
  }

  /** The result of a call; anything else is a failure of the test. */
  async call(call, args, named) {
    const answer = await this.say({ call, args, named });
    assert.ok('result' in answer, `${call}: ${JSON.stringify(answer)}`);
    return answer.result;
  }

  /** The error that a call ends with. */
  async error(call, args, named) {
    const answer = await this.say({ call, args, named });
    assert.ok(answer.error, `${call}: ${JSON.stringify(answer)}`);
    return answer.error;
  }

  stop() {
    this.process.stdin.end();
    return this.ended;
  }
}
