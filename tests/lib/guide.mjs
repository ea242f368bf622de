// SPDX-License-Identifier: ISC
// Guides that are run: the commands of a page's console blocks, what each is shown to answer, and a shell to type them into. In what
// is shown, "..." stands for anything; times and long numbers are whatever they are.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { until } from './until.mjs';

/** The code blocks of docs/NAME, each with its language. */
export function blocksOf(name) {
  const text = readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, body]) => ({ language, body }));
}

/** Commands and what each is shown to answer. */
export function commandsOf(body) {
  const commands = [];
  let goesOn = () => false;
  for (const line of body.trimEnd().split('\n')) {
    const last = commands.at(-1);
    if (goesOn(line)) {
      last.command += `\n${line}`;
      if (line === last.end) goesOn = () => false;
      else if (!last.end) goesOn = () => line.endsWith('\\');
    } else if (line.startsWith('$ ')) {
      const command = line.slice(2);
      const end = /<<'(\w+)'$/.exec(command)?.[1];
      commands.push({ command, end, shown: [] });
      goesOn = end ? () => true : () => command.endsWith('\\');
    } else {
      last.shown.push(line);
    }
  }
  return commands;
}

/** A pattern for what is shown. */
export function patternOf(shown) {
  const escaped = shown.join('\n').replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const loose = escaped
    .replaceAll('\\.\\.\\.', '.*')
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ')
    .replace(/\d{10,}/g, '\\d{10,}');
  return new RegExp(`^${loose}$`, 's');
}

/** A shell that lives through the whole page. */
export class Shell {
  constructor(cwd, env) {
    this.child = spawn('bash', ['--noprofile', '--norc'], { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.out = '';
    this.count = 0;
    for (const stream of [this.child.stdout, this.child.stderr]) stream.on('data', bytes => (this.out += bytes));
  }

  async run(command) {
    const mark = `-- done ${++this.count} --`;
    this.out = '';
    this.child.stdin.write(`${command}\nprintf '%s\\n' '${mark}'\n`);
    await until(() => this.out.includes(mark), command, 30000);
    return this.out.replace(`${mark}\n`, '').trimEnd();
  }

  stop() {
    this.child.stdin.end('kill $(jobs -p) 2>/dev/null; exit\n');
    return new Promise(done => this.child.on('close', done));
  }
}

/** Whether something listens on PORT. */
export const listens = port =>
  new Promise(done => {
    const socket = net.connect(port, '127.0.0.1', () => done(true));
    socket.on('error', () => done(false));
    socket.on('connect', () => socket.destroy());
  });
