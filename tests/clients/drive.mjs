// SPDX-License-Identifier: ISC
// Calls the client for Node as each line of standard input says, and answers each with a line; see clients.mjs.
import { createInterface } from 'node:readline';
import { Rollcall, RollcallError } from '../../clients/node/rollcall.js';

let rollcall;

async function answerTo({ url, options, call, args = [], named }) {
  if (url !== undefined) rollcall = new Rollcall(url, options);
  if (call === undefined) return null;
  const all = call === 'verify' ? [args[0], Buffer.from(args[1])] : named ? [...args, named] : args;
  const result = await rollcall[call](...all);
  if (!result?.[Symbol.asyncIterator]) return result ?? null;
  const list = [];
  for await (const one of result) list.push(one);
  return list;
}

function faultOf(error) {
  if (!(error instanceof RollcallError)) return { wrong: error instanceof TypeError, message: error.message };
  const { status, code, message, retryAfter = null, line = null } = error;
  return { error: { status, code, message, retryAfter, line } };
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await answerTo(JSON.parse(line)).then(result => ({ result }), faultOf);
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
