// SPDX-License-Identifier: ISC
// The web servers with the configurations that Rollcall ships (conf/), changed only where a test's ports, paths and rights
// differ, each inside the least of a main configuration; and FastCGI itself, asked in the same way.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Child } from './child.mjs';
import * as fcgi from './fcgi.mjs';
import { request } from './http.mjs';
import { pause } from './until.mjs';
import { freePort } from './web.mjs';

const asRoot = process.getuid() === 0;

/** Where the shipped configurations mount Rollcall: at a path of a site, and as a host of its own. */
export const atPath = { host: 'www.example.org', prefix: '/presence' };
export const atRoot = { host: 'rollcall.example.org', prefix: '' };

/** The shipped file conf/NAME, with each of CHANGES ([what, by what]; text or pattern) made; one that finds nothing is an error. */
export function shipped(name, changes) {
  const text = readFileSync(new URL(`../../conf/${name}`, import.meta.url), 'utf8');
  return changes.reduce((before, [what, replacement]) => {
    const after = before.replaceAll(what, replacement);
    assert.notEqual(after, before, `conf/${name} has no ${what}`);
    return after;
  }, text);
}

/* The counters are for this machine; a test is always on it, so here they are for one of its addresses alone. */
export const countersFrom = '127.0.0.9';
const www = ['/usr/share/rollcall/www', fileURLToPath(new URL('../../www', import.meta.url))];
const socketPath = '/run/rollcall/rollcall.sock';

/* What a server of a test may have: the hard limit on descriptors can be lower than what is shipped. */
function descriptors() {
  const hard = Number(
    /Max open files\s+\d+\s+(\d+)/.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? Infinity,
  );
  return Math.min(hard, 24000);
}

function lighttpdMain({ dir, port }, text) {
  const file = join(dir, 'lighttpd.conf');
  writeFileSync(join(dir, 'rollcall.conf'), text);
  writeFileSync(
    file,
        `server.document-root = "${dir}"
server.bind = "127.0.0.1"
server.port = ${port}
server.upload-dirs = ("${dir}")
include "rollcall.conf"
`,
  );
  return ['lighttpd', '-D', '-f', file];
}

const lighttpdLimits = () => [['= 24000', `= ${descriptors()}`]];

function lighttpd(at) {
  const changes = [www, [socketPath, at.address], ['127.0.0.0/8', countersFrom], ...(at.changes ?? [])];
  return lighttpdMain(at, shipped('lighttpd.conf', [...changes, ...lighttpdLimits()]));
}

function lighttpdSpawn(at) {
  const changes = [
    www,
    ['/usr/sbin/rollcalld', at.rollcalld],
    ['/etc/rollcall/rollcall.conf', at.conf],
    ['/run/lighttpd/rollcall.sock', join(at.dir, 'spawned.sock')],
    ...(at.changes ?? []),
    ...lighttpdLimits(),
  ];
  return lighttpdMain(at, shipped('lighttpd-spawn.conf', changes));
}

function lighttpdCgi(at) {
  const changes = [
    www,
    ['/usr/sbin/rollcalld', at.rollcalld],
    ['=> "/etc/rollcall/rollcall.conf"', `=> "${at.conf}"`],
    ...(at.changes ?? []),
  ];
  return lighttpdMain(at, shipped('lighttpd-cgi.conf', changes));
}

function nginx(at, changes = at.changes ?? []) {
  const { dir, port, portH2, address } = at;
  const own = join(dir, 'nginx');
  mkdirSync(own, { recursive: true });
  const listen = (first, more = '') => `${first} 127.0.0.1:${port}${more};\n    ${first} 127.0.0.1:${portH2} http2;`;
  const text = shipped('nginx.conf', [
    www,
    [socketPath, address],
    ['127.0.0.0/8', countersFrom],
    ['listen 80 backlog=4096;', listen('listen', ' backlog=4096')],
    ['listen 80;', listen('listen')],
    ...changes,
  ]);
  writeFileSync(join(own, 'rollcall.conf'), text);
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map(t => `${t}_temp_path ${own}/${t};`)
    .join(' ');
  const file = join(own, 'nginx.conf');
  writeFileSync(
    file,
        `${asRoot ? 'user root;' : ''} worker_processes ${at.processes ?? 1}; daemon off; pid ${own}/pid; error_log ${own}/error.log;
worker_rlimit_nofile ${descriptors()};
events { worker_connections ${Math.min(descriptors() - 100, 22000)}; }
http { access_log off; ${temps} server_names_hash_bucket_size 64; include ${own}/rollcall.conf; }
`,
  );
  return ['nginx', '-c', file];
}

const nginxClosing = at =>
  nginx(at, [
    [/^ *keepalive .*$/gm, ''],
    [/^ *fastcgi_keep_conn .*$/gm, ''],
  ]);

/* MaxSpareThreads: by its default Apache stops one of its first three processes after a second, and closes connections. */
function apacheMain({ dir, port, limits, mpm = 'event' }, modules, text) {
  const own = join(dir, 'apache');
  mkdirSync(own, { recursive: true });
  const load = [`mpm_${mpm}`, 'authz_core', 'authz_host', 'http2', ...modules]
    .map(name => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`)
    .join('\n');
  writeFileSync(join(own, 'rollcall.conf'), text);
  const file = join(own, 'apache2.conf');
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
Protocols h2c http/1.1
${asRoot ? 'User www-data\nGroup www-data' : ''}
${limits ?? 'ThreadLimit 100\nThreadsPerChild 100\nMaxRequestWorkers 400\nMaxSpareThreads 400'}
Include ${own}/rollcall.conf
`,
  );
  return ['apache2', '-D', 'FOREGROUND', '-d', own, '-f', file];
}

function apache(at) {
  const changes = [
    www,
    [socketPath, at.address],
    ['*:80', `*:${at.port}`],
    ['Require local', `Require ip ${countersFrom}`],
    ...(at.changes ?? []),
  ];
  return apacheMain(at, ['alias', 'proxy', 'proxy_fcgi'], shipped('apache.conf', changes));
}

function apacheCgi(at) {
  const changes = [
    www,
    ['"/usr/sbin/rollcalld"', `"${at.rollcalld}"`],
    ['"/usr/sbin"', `"${join(at.rollcalld, '..')}"`],
    ['ROLLCALL_CONF /etc/rollcall/rollcall.conf', `ROLLCALL_CONF ${at.conf}`],
    ['*:80', `*:${at.port}`],
    ...(at.changes ?? []),
  ];
  const text = `ScriptSock ${join(at.dir, 'apache', 'cgid')}\n${shipped('apache-cgi.conf', changes)}`;
  return apacheMain(at, ['alias', 'env', 'cgid'], text);
}

function caddy({ dir, port, address, changes = [] }) {
  const text = shipped('Caddyfile', [
    www,
    [`unix/${socketPath}`, `unix/${address}`],
    ['127.0.0.0/8 ::1', `${countersFrom}/32`],
    ['http://www.example.org', `http://www.example.org:${port}`],
    ['http://rollcall.example.org {', `http://rollcall.example.org:${port} {`],
    ...changes,
  ]);
  const file = join(dir, 'Caddyfile');
  const global = 'admin off\n auto_https off\n default_bind 127.0.0.1\n servers {\n  protocols h1 h2 h2c\n }';
  writeFileSync(file, `{\n ${global}\n}\n${text}`);
  return ['caddy', 'run', '--config', file, '--adapter', 'caddyfile'];
}

const kinds = {
  lighttpd,
  nginx,
  'nginx-closing': nginxClosing,
  apache,
  caddy,
  'lighttpd-spawn': lighttpdSpawn,
  'lighttpd-cgi': lighttpdCgi,
  'apache-cgi': apacheCgi,
};

/** Names of those that pass requests on by FastCGI to a rollcalld that runs by itself. */
export const fastcgiServers = ['lighttpd', 'nginx', 'nginx-closing', 'apache', 'caddy'];

async function isUp(child, at) {
  for (let waited = 0; waited < 10000 && !child.exit; waited += 50) {
    const answers = await request({ port: at.port, method: 'GET', path: '/', timeout: 5000 }).then(
      () => true,
      error => error.code !== 'ECONNREFUSED',
    );
    if (answers && !child.exit) return true;
    await pause(50);
  }
  return false;
}

/**
 * Starts KIND before FastCGI ADDRESS with its files in DIR; resolves with its Child, which has port and portH2 (for
 * HTTP/2 with prior knowledge). changes: further ones to its configuration; limits: Apache's; processes: nginx's. For
 * those that start rollcalld themselves: rollcalld and conf, its paths.
 */
export async function startServer(kind, { dir, ...options }) {
  for (let attempt = 0; ; attempt++) {
    const port = await freePort();
    const portH2 = kind.startsWith('nginx') ? await freePort() : port;
    const at = { dir, port, portH2, ...options };
    const env = { ...process.env, HOME: dir, XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir };
    const child = new Child(kinds[kind](at), { log: join(dir, `${kind}.log`), env, cwd: dir });
    Object.assign(child, { kind, port, portH2 });
    if (await isUp(child, at)) return child;
    await child.kill();
    if (attempt === 3)
      throw new Error(`${kind} does not start:\n${readFileSync(join(dir, `${kind}.log`), 'utf8')}`);
  }
}

/** A request straight to rollcalld, in the shape of stack.req(). */
export async function rawRequest(
  stack,
  method,
  path,
  { body, user, token, headers = {}, mount = atPath, timeout } = {},
) {
  const began = performance.now();
  const over = { SCRIPT_NAME: mount.prefix, REQUEST_URI: mount.prefix + path, HTTP_HOST: mount.host };
  for (const [name, value] of Object.entries(headers))
    over[`HTTP_${name.toUpperCase().replaceAll('-', '_')}`] = value;
  if (headers['Content-Type']) over.CONTENT_TYPE = headers['Content-Type'];
  const bearer = token ?? stack.tokens.get(user);
  const answer = await fcgi.call(stack.address, method, path, { body, token: bearer, over, ms: timeout });
  assert.ok(answer, 'the connection was closed without an answer');
  return { ...answer, ms: performance.now() - began };
}
