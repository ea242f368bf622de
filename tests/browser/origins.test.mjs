// SPDX-License-Identifier: ISC
// Which pages a real browser's requests count for: those of the page's own address, whatever a proxy makes of it, and no others.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Child } from '../lib/child.mjs';
import { request } from '../lib/http.mjs';
import { until } from '../lib/until.mjs';
import { freePort } from '../lib/web.mjs';
import { own, startSite, visit } from './lib/site.mjs';

let site, browser, nginx;

/* Two servers: "proxy" passes everything on to the site with nothing else said, so with another Host; "known" asks Rollcall for
 * u0, whom it has authenticated. */
async function startNginx() {
  const { stack } = site;
  const dir = stack.path('nginx');
  mkdirSync(dir);
  const ports = { proxy: await freePort(), known: await freePort() };
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(t => `${t}_temp_path ${dir}/${t};`).join(' ');
  writeFileSync(
    join(dir, 'nginx.conf'),
    `${process.getuid() === 0 ? 'user root;' : ''} daemon off; pid ${dir}/pid; error_log ${dir}/error.log; events {}
http { ${temps} log_format short '$status $http_sec_fetch_site'; access_log off; include /etc/nginx/mime.types;
  server { listen 127.0.0.1:${ports.proxy}; location / { proxy_pass http://127.0.0.1:${site.web.port}; } }
  server { listen 127.0.0.1:${ports.known}; root ${stack.path('site')};
    location /rollcall/ {
      access_log ${dir}/access.log short;
      include /etc/nginx/fastcgi_params;
      fastcgi_split_path_info ^(/rollcall)(/.*)$;
      fastcgi_param SCRIPT_NAME $fastcgi_script_name;
      fastcgi_param PATH_INFO $fastcgi_path_info;
      fastcgi_param REMOTE_USER u0;
      fastcgi_param AUTH_TYPE Basic;
      fastcgi_pass unix:${stack.address};
    } } }
`,
  );
  const child = new Child(['nginx', '-c', join(dir, 'nginx.conf')], { log: stack.path('nginx.log') });
  Object.assign(child, ports);
  const answers = port => request({ port, method: 'GET', path: '/plain.html' }).then(({ status }) => status === 200);
  await until(async () => (await answers(child.proxy)) && (await answers(child.known)), 'nginx answers');
  return child;
}

before(async () => {
  site = await startSite({ auth: ['token', 'remote_user'] });
  nginx = await startNginx();
  browser = await site.browser();
});
after(async () => {
  await nginx?.stop('SIGTERM', 3000);
  await site.stop();
});

test('a page behind a proxy that changes Host is the page that it is', async () => {
  const [person] = await site.stack.room(1);
  const page = await visit(browser, site.page(person).replace(site.url, `http://127.0.0.1:${nginx.proxy}`));
  await until(async () => (await own(page)).state === 'live', 'the page is live');
  assert.deepEqual(page.errors, []);
});

test('an image of a sibling site is no beat for whoever looks at it, one of the own site is', async () => {
  const [person] = await site.stack.room(1);
  const image = `http://127.0.0.1:${nginx.known}/rollcall/v1/workspaces/${person.ws}/stream?session=session-1&wait=0`;

  /* Puts it on the page at ADDRESS and resolves with what was answered to what the browser said: it shows no page of another
   * origin that. */
  async function look(address) {
    const answered = () => readFileSync(site.stack.path('nginx', 'access.log'), 'utf8').split('\n').slice(0, -1);
    const before = answered().length;
    const page = await visit(browser, address);
    await page.evaluate(src => void (new Image().src = src), image);
    return until(() => answered().length > before && answered().at(-1), 'it is asked');
  }

  assert.equal(await look(`${site.url}/plain.html`), '403 same-site');
  assert.deepEqual(await person.sees(person.user), { [person.user]: 'offline' });
  assert.equal(await look(`http://127.0.0.1:${nginx.known}/plain.html`), '200 same-origin');
  assert.deepEqual(await person.sees(person.user), { [person.user]: 'active' });
});
