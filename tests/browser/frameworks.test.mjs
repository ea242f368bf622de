// SPDX-License-Identifier: ISC
// docs/BROWSER.md: its snippets, as they stand there, show a colleague come and go; behind Apache, too.
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import ts from 'typescript';
import { until } from '../lib/until.mjs';
import { sees, setHidden, startSite, visit } from './lib/site.mjs';

const docs = readFileSync(new URL('../../docs/BROWSER.md', import.meta.url), 'utf8');
const { resolve } = createRequire(import.meta.url);

/** The code block of LANGUAGE below HEADING. */
const snippet = (heading, language) => docs.split(`\n${heading}\n`)[1].split(`\`\`\`${language}\n`)[1].split('```')[0];

let site, browser;
before(async () => {
  site = await startSite({ web: 'apache' });
  browser = await site.browser();
});
after(() => site.stop());

const write = (name, text) => writeFileSync(site.stack.path('site', name), text);
const html = (
  imports,
  body,
) => `<!doctype html><meta charset="utf-8"><title>Snippet</title><link rel="icon" href="icon.svg">
<script type="importmap">${JSON.stringify({ imports })}</script>${body}`;

async function comesAndGoes(page, bob) {
  await sees(page, bob.user, 'offline');
  const { session } = await bob.join();
  await sees(page, bob.user, 'active');
  await bob.beat(session, { status: 'away' });
  await sees(page, bob.user, 'away');
  await bob.leaveNow(session);
  await sees(page, bob.user, 'offline');
  assert.deepEqual(page.errors, []);
}

/* React has no module that browsers can load: its parts are wrapped here. */
function wrapReact() {
  const parts = {
    react: 'react',
    'react-dom': 'react-dom',
    'react-dom/client': 'react-dom/client',
    scheduler: 'scheduler',
  };
  const text = Object.keys(parts).map(name => {
    const file = name === 'scheduler' ? createRequire(resolve('react-dom')).resolve('scheduler') : resolve(name);
    const minimal = {
      react: 'cjs/react.production.js',
      'react-dom': 'cjs/react-dom.production.js',
      'react-dom/client': 'cjs/react-dom-client.production.js',
      scheduler: 'cjs/scheduler.production.js',
    }[name];
    return `define(${JSON.stringify(name)}, (require, module, exports) => {${readFileSync(join(dirname(file), minimal), 'utf8')}\n});`;
  });
  return `const made = {}, makers = {}, process = { env: { NODE_ENV: 'production' } };
const define = (name, maker) => { makers[name] = maker; };
function require(name) {
  if (!made[name]) { const module = { exports: {} }; made[name] = module; makers[name](require, module, module.exports); }
  return made[name].exports;
}
${text.join('\n')}
export const { createElement, useEffect, useState, StrictMode } = require('react');
export const { createRoot } = require('react-dom/client');
`;
}

test('the plain page', async () => {
  const [ann, bob] = await site.stack.room(2);
  const plain = docs
    .split('```html\n')[1]
    .split('```')[0]
    .replace('workspace="acme" token="rc_..."', `workspace="${ann.ws}" token="TOKEN"`)
    .replace('user="bob"', `user="${bob.user}"`);
  write('plain-ann.html', html({}, plain.replace('TOKEN', site.stack.tokens.get(ann.user))));
  write('plain-bob.html', html({}, plain.replace('TOKEN', site.stack.tokens.get(bob.user))));
  const page = await visit(browser, `${site.url}/plain-ann.html`);
  await sees(page, bob.user, 'offline');
  const other = await visit(browser, `${site.url}/plain-bob.html`);
  await sees(page, bob.user, 'active');
  await setHidden(other, true);
  await sees(page, bob.user, 'away', 20000);
  await other.close();
  await sees(page, bob.user, 'offline', 20000);
  assert.deepEqual(page.errors, []);
});

test('the token function, set before the module has run, while the user has yet to sign in', async () => {
  const [ann, bob] = await site.stack.room(2);
  await bob.join();
  const address = site.write(
    'token.html',
    `<rollcall-session workspace="${ann.ws}"></rollcall-session><rollcall-dot user="${bob.user}"></rollcall-dot>
<script>${snippet('## Give the page a token', 'js')}</script>`,
  );
  const page = await visit(browser, address);
  const rollcall = name => page.evaluate(one => document.querySelector('rollcall-session').rollcall?.[one], name);
  await until(async () => (await rollcall('state')) === 'retrying', 'there is no token yet');
  const { kind, code, message } = await rollcall('error');
  assert.deepEqual([kind, code], ['sign-in', 'no_token']);
  assert.match(message, /404/);
  mkdirSync(site.stack.path('site/my'));
  write('my/rollcall-token', site.stack.tokens.get(ann.user));
  await sees(page, bob.user, 'active', 20000);
});

test('the client', async () => {
  const [ann, bob] = await site.stack.room(2);
  const code = snippet('## Follow changes from JavaScript', 'js')
    .replace("'acme'", JSON.stringify(ann.ws))
    .replace("'bob'", JSON.stringify(bob.user));
  write(
    'client.js',
    `const token = ${JSON.stringify(site.stack.tokens.get(ann.user))};\n${code.replace('console.log', 'window.said = ')}`,
  );
  write('client.html', html({}, '<script type="module" src="client.js"></script>'));
  const page = await visit(browser, `${site.url}/client.html`);
  await until(() => page.evaluate(() => window.said), 'it hears of itself');
  await bob.join();
  await until(async () => (await page.evaluate(() => window.said)) === `${bob.user} is active`, 'it hears of bob');
});

test('React, in strict mode', async () => {
  const [ann, bob] = await site.stack.room(2);
  const { outputText } = ts.transpileModule(snippet('## Use it with React', 'jsx'), {
    compilerOptions: {
      jsx: ts.JsxEmit.React,
      jsxFactory: 'createElement',
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.ESNext,
    },
  });
  write('react.js', wrapReact());
  write(
    'react-app.js',
    `import { createElement, createRoot, StrictMode } from 'react';\n${outputText}
const props = ${JSON.stringify({ workspace: ann.ws, token: site.stack.tokens.get(ann.user), user: bob.user })};
createRoot(document.getElementById('root')).render(createElement(StrictMode, null, createElement(App, props)));`,
  );
  write(
    'react.html',
    html(
      { react: './react.js', 'rollcall-presence': './rollcall.js' },
      '<div id="root"></div><script type="module" src="react-app.js"></script>',
    ),
  );
  const page = await visit(browser, `${site.url}/react.html`);
  await comesAndGoes(page, bob);
  await until(async () => (await page.locator('.person').getAttribute('title')) === 'offline', 'the hook agrees');
});

test('Vue', async () => {
  const [ann, bob] = await site.stack.room(2);
  cpSync(join(dirname(resolve('vue')), 'dist/vue.esm-browser.prod.js'), site.stack.path('site/vue.js'));
  write('vue-person.js', snippet('## Use it with Vue', 'js'));
  write(
    'vue-app.js',
    `import { createApp } from 'vue';
import { Person } from './vue-person.js';
const app = createApp(Person, ${JSON.stringify({ workspace: ann.ws, token: site.stack.tokens.get(ann.user), user: bob.user })});
app.config.compilerOptions.isCustomElement = tag => tag.startsWith('rollcall-');
app.mount('#root');`,
  );
  write(
    'vue.html',
    html(
      { vue: './vue.js', 'rollcall-presence': './rollcall.js' },
      '<div id="root"></div><script type="module" src="vue-app.js"></script>',
    ),
  );
  const page = await visit(browser, `${site.url}/vue.html`);
  await comesAndGoes(page, bob);
  await until(async () => (await page.locator('.person').getAttribute('title')) === 'offline', 'the ref agrees');
});
