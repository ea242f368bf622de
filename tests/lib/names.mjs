// SPDX-License-Identifier: ISC
// A name server of a test's own, which can be silent.
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A name server on an address of its own, port 53: every name is at 127.0.0.1, while it `answers`. */
export async function startNameServer() {
  const socket = createSocket('udp4');
  const server = { socket, asked: 0, answers: true, address: `127.${53 + Math.floor(Math.random() * 200)}.${process.pid % 250}.53` };
  socket.on('message', (query, { port, address }) => {
    server.asked++;
    if (!server.answers) return;
    const question = query.subarray(12, query.indexOf(0, 12) + 5);
    const isA = question.readUInt16BE(question.length - 4) === 1;
    const head = Buffer.from([query[0], query[1], 0x81, 0x80, 0, 1, 0, isA ? 1 : 0, 0, 0, 0, 0]);
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 127, 0, 0, 1]);
    socket.send(Buffer.concat([head, question, ...(isA ? [record] : [])]), port, address);
  });
  socket.bind(53, server.address);
  await once(socket, 'listening');
  return server;
}

/** Has what follows see another /etc/resolv.conf, in a mount namespace of its own. */
export const ownResolver = ['unshare', '-m', 'sh', '-c', 'mount --bind "$ROLLCALL_RESOLV" /etc/resolv.conf && exec "$@"', 'sh'];
/** Whether that can be done here. */
export const canMount =
  process.getuid() === 0 && spawnSync('unshare', ['-m', 'mount', '--bind', '/etc/hosts', '/etc/resolv.conf']).status === 0;
