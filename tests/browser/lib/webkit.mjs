// SPDX-License-Identifier: ISC
// WebKit as Debian has it: MiniBrowser on a display of its own, driven by WebKitWebDriver, which speaks W3C WebDriver.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { Child, makeDirectory } from '../../lib/child.mjs';
import { until } from '../../lib/until.mjs';
import { freePort } from '../../lib/web.mjs';

const libraries = '/usr/lib/x86_64-linux-gnu'.replace('x86_64', { arm64: 'aarch64' }[process.arch] ?? 'x86_64');
const binary = existsSync(libraries)
  ? readdirSync(libraries)
    .filter(name => name.startsWith('webkit2gtk-4'))
    .map(name => `${libraries}/${name}/MiniBrowser`)
    .find(existsSync)
  : undefined;

/** Why WebKit cannot be tested; false if it can. */
export const lacking =
  !['/usr/bin/WebKitWebDriver', '/usr/bin/Xvfb'].every(existsSync) || !binary ? 'WebKit is not installed' : false;

/** A tab. */
class Page {
  constructor(browser, handle) {
    this.browser = browser;
    this.handle = handle;
  }

  #command(...request) {
    return this.browser.inTab(this.handle, ...request);
  }

  goto(url) {
    return this.#command('POST', '/url', { url });
  }

  reload() {
    return this.#command('POST', '/refresh', {});
  }

  goBack() {
    return this.#command('POST', '/back', {});
  }

  /** FUNCTION runs in the page with ARGS; resolves with what it returns. */
  evaluate(fn, ...args) {
    return this.#command('POST', '/execute/sync', { script: `return (${fn}).apply(null, arguments)`, args });
  }

  close() {
    return this.#command('DELETE', '/window');
  }
}

/** A browser with a profile of its own, which is gone when it ends. */
export class WebKit {
  #last = Promise.resolve();
  #handle;

  static async start() {
    const dir = makeDirectory();
    const port = await freePort();
    const log = `${dir}/display`;
    const display = new Child(['Xvfb', '-displayfd', '1', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], { log });
    const number = () => /^\d+$/m.exec(readFileSync(log, 'utf8'))?.[0];
    const driver = new Child(['WebKitWebDriver', `--port=${port}`], {
      log: `${dir}/webkit.log`,
      cwd: dir,
      env: {
        PATH: process.env.PATH,
        DISPLAY: `:${await until(number, 'there is a display', 20000)}`,
        HOME: dir,
        TMPDIR: dir,
        XDG_RUNTIME_DIR: dir,
        LANG: 'C.UTF-8',
        LIBGL_ALWAYS_SOFTWARE: '1',
        GSETTINGS_BACKEND: 'memory',
        WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1', // it does not start as root otherwise
      },
    });
    const browser = new WebKit([driver, display], `http://127.0.0.1:${port}`);
    await until(async () => (await browser.#send('GET', '/status')).ready, 'WebKitWebDriver answers', 20000);
    const options = { binary, args: ['--automation'] };
    const made = await browser.#send('POST', '/session', {
      capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': options } },
    });
    browser.session = `/session/${made.sessionId}`;
    return browser;
  }

  constructor(children, address) {
    this.children = children;
    this.address = address;
  }

  async #send(method, path, body) {
    const response = await fetch(this.address + path, { method, body: body && JSON.stringify(body) });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
    return value;
  }

  /** Commands come one after the other: each is for the tab that was chosen last. */
  #next(work) {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  inTab(handle, method, path, body) {
    return this.#next(async () => {
      if (handle !== this.#handle) await this.#send('POST', `${this.session}/window`, { handle });
      this.#handle = path === '/window' ? undefined : handle;
      return this.#send(method, this.session + path, body);
    });
  }

  /** The first tab, at ADDRESS. */
  async visit(address) {
    const [handle] = await this.#next(() => this.#send('GET', `${this.session}/window/handles`));
    const page = new Page(this, handle);
    await page.goto('about:blank'); // another fragment would be the same page
    await page.goto(address);
    return page;
  }

  /** A new tab at ADDRESS, behind the first one: it is hidden. */
  async open(address) {
    const { handle } = await this.#next(() => this.#send('POST', `${this.session}/window/new`, { type: 'tab' }));
    const page = new Page(this, handle);
    await page.goto(address);
    return page;
  }

  async stop() {
    await this.#next(() => this.#send('DELETE', this.session)).catch(() => {});
    for (const child of this.children) await child.stop('SIGTERM', 3000);
  }
}
