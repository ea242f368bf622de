// SPDX-License-Identifier: ISC
// What browser tests stand on: a Rollcall behind a web server that also serves www/ and the test pages, and Chromium.
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { Child } from '../../lib/child.mjs';
import { startStack } from '../../lib/stack.mjs';
import { until } from '../../lib/until.mjs';
import { freePort } from '../../lib/web.mjs';

const checkout = fileURLToPath(new URL('../../..', import.meta.url));
export const chromiumPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
export const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Where screenshots go, to be looked at. */
export const output = join(checkout, 'tests/output');

/* Times as in production unless a test says otherwise, except that polls end sooner. */
const times = { ttl: 60, heartbeat: 10, wait: 10, gap: 5, leave_grace: 5, closed_grace: 8 };

function lighttpd({ dir, root, port, address, holdsBack }) {
  const file = join(dir, 'site.conf');
  writeFileSync(
    file,
    `server.modules = ("mod_fastcgi", "mod_accesslog")
accesslog.filename = "${join(dir, 'access.log')}"
server.document-root = "${root}"
server.bind = "127.0.0.1"
server.port = ${port}
server.stream-response-body = ${holdsBack ? 0 : 1}
index-file.names = ("index.html")
mimetype.assign = (".html" => "text/html; charset=utf-8", ".js" => "text/javascript", ".mjs" => "text/javascript",
  ".css" => "text/css", ".json" => "application/json", ".svg" => "image/svg+xml")
$HTTP["url"] =~ "^/presence/" {
  fastcgi.server = ("/presence" => (("socket" => "${address}", "check-local" => "disable", "disable-time" => 0)))
}
`,
  );
  return ['lighttpd', '-D', '-f', file];
}

function nginx({ dir, root, port, address }) {
  const own = join(dir, 'site-nginx');
  mkdirSync(own);
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(t => `${t}_temp_path ${own}/${t};`).join(' ');
  const file = join(own, 'nginx.conf');
  writeFileSync(
    file,
    `${process.getuid() === 0 ? 'user root;' : ''} daemon off; pid ${own}/pid; error_log ${own}/error.log; events {}
http { ${temps} access_log ${dir}/access.log; include /etc/nginx/mime.types; types { text/javascript mjs; }
  server { listen 127.0.0.1:${port}; root ${root};
    location /presence/ {
      include /etc/nginx/fastcgi_params;
      fastcgi_split_path_info ^(/presence)(/.*)$;
      fastcgi_param SCRIPT_NAME $fastcgi_script_name;
      fastcgi_param PATH_INFO $fastcgi_path_info;
      fastcgi_pass unix:${address};
    } } }
`,
  );
  return ['nginx', '-c', file];
}

function apache({ dir, root, port, address }) {
  const file = join(dir, 'site.conf');
  const modules = ['mpm_event', 'authz_core', 'dir', 'mime', 'proxy', 'proxy_fcgi'];
  const load = modules.map(name => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join('\n');
  writeFileSync(
    file,
    `ServerRoot ${dir}
ServerName localhost
PidFile ${dir}/site.pid
ErrorLog ${dir}/site-error.log
DefaultRuntimeDir ${dir}
Mutex pthread
${load}
Listen 127.0.0.1:${port}
${process.getuid() === 0 ? 'User www-data\nGroup www-data' : ''}
ThreadsPerChild 100
MaxRequestWorkers 400
MaxSpareThreads 400
TypesConfig /dev/null
AddType text/javascript .js .mjs
AddType text/html .html
AddType text/css .css
AddType image/svg+xml .svg
AllowEncodedSlashes NoDecode
DocumentRoot ${root}
<Location />
CGIPassAuth On
</Location>
ProxyPass "/presence/" "unix:${address}|fcgi://rollcall/" enablereuse=on flushpackets=on
`,
  );
  return ['apache2', '-D', 'FOREGROUND', '-d', dir, '-f', file];
}

const servers = { lighttpd, apache, nginx };

class Site {
  constructor(stack, web) {
    this.stack = stack;
    this.web = web;
    this.url = `http://127.0.0.1:${web.port}`;
    this.browsers = new Set();
    this.transport = 'auto'; // of pages that say nothing else
  }

  /**
   * A Chromium with FLAGS; without BFCACHE unless that is tested, as Playwright does. With PROFILE, its one context.
   */
  async browser({ flags = [], bfcache = false, profile } = {}) {
    const options = {
      executablePath: chromiumPath,
      args: [...chromiumFlags, ...flags],
      ignoreDefaultArgs: bfcache ? ['--disable-back-forward-cache'] : [],
    };
    const browser = await (profile ? chromium.launchPersistentContext(profile, options) : chromium.launch(options));
    this.browsers.add(browser);
    return browser;
  }

  /** The address of the test page for PERSON; what it shows as in pages/own.js. */
  page(person, shown = {}) {
    const all = { workspace: person.ws, token: this.stack.tokens.get(person.user), transport: this.transport, ...shown };
    return `${this.url}/own.html#${encodeURIComponent(JSON.stringify(all))}`;
  }

  /** The address of a page NAME whose body is BODY, with the elements defined. */
  write(name, body) {
    const text = `<!doctype html>
<meta charset="utf-8"><title>${name}</title><link rel="icon" href="icon.svg">
<script type="module" src="rollcall.js"></script>
${body}
`;
    writeFileSync(this.stack.path('site', name), text);
    return `${this.url}/${name}`;
  }

  /** Whether PATH was asked for. */
  wasAsked(path) {
    return readFileSync(this.stack.path('access.log'), 'utf8').includes(` ${path} `);
  }

  /** A <rollcall-session> of PERSON. */
  session({ ws, user }, attributes = '') {
    const token = this.stack.tokens.get(user);
    return `<rollcall-session url="/presence" workspace="${ws}" token="${token}" ${attributes}></rollcall-session>`;
  }

  async stop() {
    for (const browser of this.browsers) await browser.close();
    await this.web.stop('SIGTERM', 3000);
    await this.stack.stop();
  }
}

/**
 * Starts a site. OPTIONS as of startStack(), but for web, which is 'lighttpd', 'nginx' or 'apache'. holdsBack: lighttpd
 * keeps an answer until it is complete, as it does unless it is told otherwise.
 */
export async function startSite({ web: kind = 'lighttpd', holdsBack = false, conf = {}, ...options } = {}) {
  const stack = await startStack({ mount: '/presence', ...options, conf: { ...times, ...conf }, web: null });
  const root = stack.path('site');
  mkdirSync(root);
  cpSync(join(checkout, 'www'), root, { recursive: true });
  cpSync(join(checkout, 'tests/browser/pages'), root, { recursive: true });
  const port = await freePort();
  const web = new Child(servers[kind]({ dir: stack.dir, root, port, address: stack.address, holdsBack }), {
    log: stack.path('site.log'),
  });
  web.port = stack.port = port;
  await stack.ready();
  return new Site(stack, web);
}

/** A new profile of BROWSER, and a page in it at ADDRESS. Errors of the page fail the test that reads .errors. */
export async function visit(browser, address, options = {}) {
  const context = await browser.newContext(options);
  return open(context, address);
}

/* An import has an object on each line, so that all of it is not JSON. */
function bodyOf(request) {
  try {
    return request.postDataJSON();
  } catch {
    return request.postData();
  }
}

/** A new tab in CONTEXT at ADDRESS. */
export async function open(context, address) {
  const page = await context.newPage();
  page.errors = [];
  page.requests = []; // { what, search, method, at, headers, body } of each to Rollcall
  page.on('pageerror', error => page.errors.push(error.message));
  page.on('console', message => {
    if (message.type() === 'error' && !/Failed to load resource|net::ERR/.test(message.text()))
      page.errors.push(message.text());
  });
  page.on('request', request => {
    const { pathname, search } = new URL(request.url());
    if (pathname.startsWith('/presence/'))
      page.requests.push({
        what: pathname.split('/').at(-1),
        search,
        method: request.method(),
        at: Date.now(),
        headers: request.headers(),
        body: bodyOf(request),
      });
  });
  await page.goto(address);
  return page;
}

/** How many requests for WHAT the page made since TIME. */
export const count = (page, what, since = 0) =>
  page.requests.filter(one => one.what === what && one.at >= since).length;

/** Resolves with the ms it took until PAGE's dot of USER is STATUS. */
export async function sees(page, user, status, ms = 15000) {
  const begin = Date.now();
  const dot = page.locator(`rollcall-dot[user="${user}"]`).first();
  let last;
  await until(
    async () => (last = await dot.getAttribute('status')) === status,
    `the dot of ${user} is ${status}`,
    ms,
  ).catch(error => {
    throw new Error(`${error.message} (it is ${last})`);
  });
  return Date.now() - begin;
}

/** Makes PAGE believe that it is hidden, or in view. */
export async function setHidden(page, hidden) {
  await page.evaluate(value => {
    Object.defineProperty(document, 'visibilityState', { value: value ? 'hidden' : 'visible', configurable: true });
    Object.defineProperty(document, 'hidden', { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);
}

/** The process of PAGE, as Chromium names it in a trace of the page. */
export async function processOf(page) {
  const session = await page.context().newCDPSession(page);
  const events = [];
  session.on('Tracing.dataCollected', ({ value }) => events.push(...value));
  const isComplete = new Promise(done => session.on('Tracing.tracingComplete', done));
  const traceConfig = { includedCategories: ['disabled-by-default-devtools.timeline'], excludedCategories: ['*'] };
  await session.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig });
  await session.send('Tracing.end');
  await isComplete;
  await session.detach();
  const { frames } = events.find(({ name }) => name === 'TracingStartedInBrowser').args.data;
  return frames.find(frame => frame.isOutermostMainFrame).processId;
}

/** The process of BROWSER itself: all its others end with it. */
export async function mainProcessOf(browser) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.find(({ type }) => type === 'browser').id;
}

/** What the page's client says of itself. */
export const own = page =>
  page.evaluate(() => {
    const { state, status, user, session, leader, transport } = window.client;
    return { state, status, user, session, leader, transport };
  });
