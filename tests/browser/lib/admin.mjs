// SPDX-License-Identifier: ISC
// The administrators' page, admin.html, as tests open it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { visit } from './site.mjs';

export const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

/** The page of SITE at HASH in BROWSER, before anybody has signed in. What breaks its policy is noted. */
export async function openAdmin(site, browser, hash = '', options = {}) {
  const page = await visit(browser, 'about:blank', options);
  page.urls = [];
  page.on('request', request => page.urls.push(request.url()));
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', event => window.violations.push(event.violatedDirective));
  });
  await page.goto(`${site.url}/admin.html${hash}`);
  return page;
}

export async function enter(page, token) {
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Nothing went wrong in PAGE of SITE, and no secret is in an address or a log: neither its own token nor SECRETS. */
export async function isClean(site, page, ...secrets) {
  assert.deepEqual(page.errors, []);
  assert.deepEqual(await page.evaluate(() => window.violations), []);
  const logs = [readFileSync(site.stack.path('access.log'), 'utf8'), site.stack.log()];
  for (const secret of [site.stack.admin, ...secrets])
    for (const text of [page.url(), ...page.urls, ...logs])
      assert.ok(!text.includes(secret), 'a secret stays out of addresses and logs');
  await page.context().close();
}

export const title = (page, name) => page.getByRole('heading', { level: 1, name }).waitFor();
