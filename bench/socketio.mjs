// SPDX-License-Identifier: ISC
// socketio.mjs PORT MODULES: the yardstick of bench/busy.mjs. Socket.IO with its defaults, in one process: all clients are in one room, and
// each change is broadcast to it. MODULES is a directory with node_modules/socket.io.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [port, modules] = process.argv.slice(2);
const { Server } = createRequire(join(modules, 'package.json'))('socket.io');
const http = createServer((_, response) => response.end('ok'));
const io = new Server(http, { serveClient: false });

io.on('connection', socket => {
  socket.join('everyone');
  socket.on('change', ({ user, status }) => io.to('everyone').emit('presence', { user, status }));
});
http.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 });
