// SPDX-License-Identifier: ISC
// The web servers that Rollcall stands behind, each with the least configuration that works, in a directory of the test's.
import { mkdirSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { Child } from './child.mjs';
import { request } from './http.mjs';
import { pause } from './until.mjs';

/* Below those that the kernel gives to outgoing connections, of which one may be taken at any moment; none that browsers refuse. */
const PORTS = { first: 11000, count: 20000 };
const kept = []; // what holds a port for this process: others that choose one see it, whatever listens there and when

/* Listens at WHERE; resolves with the server, or with null if that is taken. */
function tryListening(where) {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.on('error', error => (['EADDRINUSE', 'EACCES'].includes(error.code) ? resolve(null) : reject(error)));
    server.listen(where, () => resolve(server));
  });
}

/** A port of this machine on which nothing listens, and which no other test gets while this process lives. */
export async function freePort() {
  for (;;) {
    const port = PORTS.first + Math.floor(Math.random() * PORTS.count);
    const hold = await tryListening({ path: `\0rollcall-test-port-${port}` });
    if (!hold) continue;
    const server = await tryListening({ port, host: '127.0.0.1' });
    if (!server) {
      hold.close();
      continue;
    }
    await new Promise(done => server.close(done));
    kept.push(hold.unref());
    return port;
  }
}

/* A FastCGI address is a path, or "host:port". */
const isUnix = address => address.startsWith('/');
const asRoot = process.getuid() === 0;

function lighttpd({ dir, port, mount, address }) {
  const [host, tcp] = address.split(':');
  const backend = isUnix(address) ? `"socket" => "${address}"` : `"host" => "${host}", "port" => ${tcp}`;
  const root = mount === '/' ? ', "fix-root-scriptname" => "enable"' : '';
  const file = join(dir, 'lighttpd.conf');
  writeFileSync(
    file,
        `server.modules = ("mod_fastcgi")
server.document-root = "${dir}"
server.bind = "127.0.0.1"
server.port = ${port}
server.max-fds = 8192
server.max-connections = 4000
server.listen-backlog = 2048
server.stream-response-body = 1
fastcgi.server = ("${mount}" => ((${backend}, "check-local" => "disable", "disable-time" => 0${root})))
`,
  );
  return ['lighttpd', '-D', '-f', file];
}

function nginx({ dir, port, mount, address }) {
  const own = join(dir, 'nginx');
  mkdirSync(own, { recursive: true });
  const file = join(own, 'nginx.conf');
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map(t => `${t}_temp_path ${own}/${t};`)
    .join(' ');
  const split = mount === '/' ? '^()(.*)$' : `^(${mount})(.*)$`;
  writeFileSync(
    file,
        `${asRoot ? 'user root;' : ''} daemon off; pid ${own}/pid; error_log ${own}/error.log;
worker_rlimit_nofile 8192;
events { worker_connections 4000; }
http { access_log off; ${temps}
  upstream rollcall { server ${isUnix(address) ? 'unix:' : ''}${address}; keepalive 8; }
  server { listen 127.0.0.1:${port};
    location ${mount} {
      include /etc/nginx/fastcgi_params;
      fastcgi_split_path_info ${split};
      fastcgi_param SCRIPT_NAME $fastcgi_script_name;
      fastcgi_param PATH_INFO $fastcgi_path_info;
      fastcgi_keep_conn on;
      fastcgi_read_timeout 60s;
      fastcgi_pass rollcall;
    } } }
`,
  );
  return ['nginx', '-c', file];
}

function apache({ dir, port, mount, address }) {
  const own = join(dir, 'apache');
  mkdirSync(own, { recursive: true });
  const file = join(own, 'apache.conf');
  const modules = '/usr/lib/apache2/modules';
  const load = ['mpm_event', 'authz_core', 'proxy', 'proxy_fcgi']
    .map(name => `LoadModule ${name}_module ${modules}/mod_${name}.so`)
    .join('\n');
  const target = isUnix(address) ? `unix:${address}|fcgi://rollcall/` : `fcgi://${address}/`;
  const from = mount === '/' ? '/' : `${mount}/`;
  writeFileSync(
    file,
        `ServerRoot ${own}
ServerName localhost
PidFile ${own}/pid
ErrorLog ${own}/error.log
DefaultRuntimeDir ${own}
Mutex pthread
${load}
Listen 127.0.0.1:${port}
${asRoot ? 'User www-data\nGroup www-data' : ''}
ThreadsPerChild 100
MaxRequestWorkers 400
MaxSpareThreads 400
AllowEncodedSlashes NoDecode
<Location />
CGIPassAuth On
</Location>
ProxyPass "${from}" "${target}" enablereuse=on flushpackets=on
`,
  );
  return ['apache2', '-D', 'FOREGROUND', '-d', own, '-f', file];
}

function caddy({ dir, port, mount, address }) {
  const file = join(dir, 'Caddyfile');
  const path = mount === '/' ? '/*' : `${mount}/*`;
  const split = mount === '/' ? '' : `split ${mount}`;
  writeFileSync(
    file,
        `{
 admin off
 auto_https off
}
http://127.0.0.1:${port} {
 handle ${path} {
  reverse_proxy ${isUnix(address) ? `unix/${address}` : address} {
   flush_interval -1
   transport fastcgi {
    ${split}
   }
  }
 }
}
`,
  );
  return ['caddy', 'run', '--config', file, '--adapter', 'caddyfile'];
}

const servers = { lighttpd, nginx, apache, caddy };

/** Names of all of them, for tests that go through each. */
export const webServers = Object.keys(servers);

/** Starts KIND on PORT (or a free one) before ADDRESS; resolves with its Child, which has a port, once it answers at all. */
export async function startWeb(kind, { dir, mount, address, port: wanted }) {
  for (let attempt = 0; ; attempt++) {
    const port = wanted ?? (await freePort());
    const env = { ...process.env, HOME: dir, XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir };
    const child = new Child(servers[kind]({ dir, port, mount, address }), {
      log: join(dir, `${kind}.log`),
      env,
      cwd: dir,
    });
    child.port = port;
    for (let waited = 0; waited < 10000 && !child.exit; waited += 50) {
      const answers = await request({ port, method: 'GET', path: '/', timeout: 2000 }).then(
        () => true,
        error => error.code !== 'ECONNREFUSED',
      );
      if (answers && !child.exit) return child;
      await pause(50);
    }
    await child.kill();
    if (attempt === 3) throw new Error(`${kind} does not start: see its log`);
  }
}
