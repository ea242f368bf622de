// SPDX-License-Identifier: ISC
// The elements. Modules that draw more than dots are loaded when a page first needs them.
import { labels, on } from './rollcall-util.js';

const hub = new EventTarget(); // tells elements of clients
let clients = []; // the first is that of elements with no session around them

const attach = () => { hub.dispatchEvent(new Event('attach')); };

/** Offers CLIENT to the elements; ahead of the others if it is PREFERRED. */
export function offerClient(client, preferred) {
  clients = preferred ? [client, ...clients] : [...clients, client];
  attach();
}

/** Takes CLIENT from the elements. */
export function withdrawClient(client) {
  clients = clients.filter(one => one !== client);
  attach();
}

const Base = globalThis.HTMLElement ?? /** @type {any} */ (Object); // servers may import this

/** Attributes of ELEMENT are properties, too. */
function reflect(element) {
  for (const name of element.observedAttributes) {
    const property = name.replace(/-(.)/g, (_, c) => c.toUpperCase());
    if (property in element.prototype) continue;
    Object.defineProperty(element.prototype, property, {
      get() { return this.getAttribute(name); },
      set(value) {
        if (value == null || value === false) this.removeAttribute(name);
        else this.setAttribute(name, value === true ? '' : value);
      },
    });
  }
  return element;
}

/** Properties that were set before ELEMENT was defined hide its own: sets them again. */
function takeProperties(element) {
  for (const [name, value] of Object.entries(element)) {
    if (!(name in Object.getPrototypeOf(element))) continue;
    delete element[name];
    element[name] = value;
  }
}

/** Has the client of the session around it, or else the page's. */
class Attached extends Base {
  rollcall = null;
  #css;
  attach(client) { this.rollcall = client; }

  connectedCallback() {
    takeProperties(this);
    on(hub, 'attach', this.find);
    this.find();
  }

  disconnectedCallback() {
    hub.removeEventListener('attach', this.find, true);
    queueMicrotask(this.find); // what is only moved keeps what it has
  }

  /** By a sheet, which no policy forbids; it belongs to one document. */
  dress(css) {
    const view = this.ownerDocument.defaultView, sheet = view && new view.CSSStyleSheet();
    this.#css = css;
    sheet?.replaceSync(css);
    if (sheet) this.shadowRoot.adoptedStyleSheets = [sheet];
  }

  adoptedCallback() {
    if (this.#css) this.dress(this.#css);
  }

  find = () => {
    const detail = { client: this.isConnected ? clients[0] ?? null : null };
    const find = new CustomEvent('rollcall-find', { detail, bubbles: true, composed: true });
    if (this.isConnected) this.dispatchEvent(find);
    if (detail.client !== this.rollcall) this.attach(detail.client);
  };
}

class Session extends Base {
  static observedAttributes = ['url', 'workspace', 'user', 'token', 'transport', 'hide-after', 'idle-after'];
  static Client; // the class of clients
  rollcall = null;
  #token;

  constructor() {
    super();
    this.addEventListener('rollcall-find', event => {
      /** @type {CustomEvent} */ (event).detail.client = this.rollcall;
      event.stopPropagation();
    });
  }

  set token(token) {
    this.#token = token;
    this.rollcall?.setToken(token);
  }

  attributeChangedCallback(name, before, value) {
    if (before === value) return;
    if (name !== 'token') this.rollcall && (this.#end(), this.#begin());
    else if (value !== null) this.token = value; // a morph that takes it away does not sign out
  }

  connectedCallback() {
    takeProperties(this);
    this.#begin();
  }

  async disconnectedCallback() {
    await null;
    if (!this.isConnected) this.#end();
  }

  async #begin() {
    await null; // for what else is to be set
    const { url, workspace, user, transport, hideAfter, idleAfter } = /** @type {any} */ (this);
    if (!this.isConnected || this.rollcall || !workspace) return;
    this.rollcall = new Session.Client({ url, workspace, user, transport, token: this.#token, everyone: false,
      hideAfter: Number(hideAfter ?? 5), idleAfter: Number(idleAfter ?? 300) });
    offerClient(this.rollcall);
  }

  #end() {
    const client = this.rollcall;
    this.rollcall = null;
    client?.close();
  }
}

const DOT = `
:host { display: inline-block; flex: none; width: var(--rollcall-size, .65em); aspect-ratio: 1 }
@supports (width: round(1.5px, 1px)) { :host { width: round(var(--rollcall-size, .65em), 1px) } }
:host { forced-color-adjust: none; color: var(--rollcall-offline, #7b8390) }
div { height: 100%; box-sizing: border-box; border-radius: 50%; background: currentColor; scale: .75 }
:host([status=active]) { color: var(--rollcall-active, #18914c) }
:host([status=away]) { color: var(--rollcall-away, #b37700) }
:host(:not([status=offline])) div { scale: none }
:host([status=away]) div { background: radial-gradient(circle at 22% 22%, #0000 34%, currentColor 39%) }
:host([status=unknown]) div { background: none; border: .14em solid }
:host([dnd]:is([status=active], [status=away])) { color: var(--rollcall-dnd, #e0444f) }
:host([dnd]:not([status=unknown])) div {
  mask: linear-gradient(#000 0 0) 50% / 60% 22% no-repeat exclude, linear-gradient(#000 0 0);
}
:host([dnd][status=away]) div { mask-position: 68% 74%, 0 0; mask-size: 50% 20%, auto }
:host(:state(retrying):not([status=unknown])) { opacity: .5 }
@media (forced-colors: active) {
  :host { color: CanvasText !important }
  :host([status=offline]:not([dnd])) div { scale: .5 }
}`;

class Dot extends Attached {
  static observedAttributes = ['user', 'status', 'dnd', 'role', 'aria-label', 'title'];
  #user;
  #written = {}; // in its attributes
  #kept = 0;
  #internals = this.attachInternals();

  constructor() {
    super();
    const dot = document.createElement('div'), root = this.attachShadow({ mode: 'open' });
    this.dress(DOT);
    root.append(dot);
    dot.part = 'dot';
    on(this, 'pointerenter', () => this.#describe());
  }

  connectedCallback() {
    super.connectedCallback();
    this.#write('role', 'img');
    this.#show();
  }

  attributeChangedCallback(name, before, value) {
    if (before === value) return;
    if (name === 'user') this.attach(this.rollcall);
    if (name === 'user' && value === null) this.#set('unknown', false);
    else if (/status|dnd/.test(name) && !this.hasAttribute('user'))
      this.#set(this.getAttribute('status'), this.hasAttribute('dnd'));
    else if (value !== (this.#written[name] ?? null)) this.#keep(name);
  }

  #set(status, isDnd) {
    const { states } = this.#internals;
    states?.delete(this.#written.status);
    if (status) states?.add(status);
    states?.[isDnd ? 'add' : 'delete']('dnd');
    this.#write('status', status);
    this.#write('dnd', isDnd ? '' : null);
    if (!isDnd) this.removeAttribute('dnd');
    this.#describe();
  }

  #write(name, value) {
    this.#written[name] = value;
    if (value != null && this.getAttribute(name) !== value) this.setAttribute(name, value);
  }

  /** Restores what a morph removes: at once, or a little later if it is removed again and again. */
  #keep(name) {
    if (this.#kept++ < 9) this.#write(name, this.#written[name]);
    setTimeout(() => {
      this.#kept = 0;
      for (const one in this.#written) this.#write(one, this.#written[one]);
    });
  }

  #describe() {
    const { status, dnd } = this.#written, label = labels[status] ?? status ?? '', more = dnd === '' && labels.dnd;
    const ms = this.rollcall?.getStatus(this.#user) === status && this.rollcall.getSince(this.#user), at = new Date(ms);
    const dateStyle = at.toDateString() === new Date().toDateString() ? undefined : 'medium';
    const since = ms ? labels.since(label, at.toLocaleString([], { dateStyle, timeStyle: 'short' })) : label;
    const text = [since, more].filter(Boolean).join(', ');
    this.#write('aria-label', [label, more].filter(Boolean).join(', '));
    this.#write('title', text.charAt(0).toLocaleUpperCase() + text.slice(1));
  }

  attach(client) {
    const before = this.#user, type = user => `change ${user}`;
    this.rollcall?.removeEventListener(type(before), this.#show);
    this.rollcall?.removeEventListener('status', this.#dim);
    if (before) this.rollcall?.unwatch(before);
    this.rollcall = client;
    const user = this.#user = this.getAttribute('user');
    client?.addEventListener(type(user), this.#show);
    client?.addEventListener('status', this.#dim);
    if (user) client?.watch(user);
    this.#show();
    this.#dim();
  }

  #dim = () => {
    this.#internals.states?.[this.rollcall?.state === 'retrying' ? 'add' : 'delete']('retrying');
  };

  #show = () => {
    const { status = 'unknown', dnd = false } = this.#user && this.rollcall?.getPresence(this.#user) || {};
    const { status: before, dnd: wasDnd = null } = this.#written;
    if (this.hasAttribute('user') && (status !== before || dnd !== (wasDnd !== null))) this.#set(status, dnd);
  };
}

let timer;
const again = () => { timer ??= setTimeout(() => { timer = attach(); }, 1e4); }; // for what could not be loaded

/** An element with ATTRIBUTES, drawn by the class NAME in the first of the modules that LOAD imports. */
const drawn = (name, load, ...attributes) => class extends Attached {
  static observedAttributes = attributes;
  #view;

  async attach(client) {
    this.rollcall = client;
    const all = await Promise.all(load()).catch(again);
    if (all) (this.#view ??= new all[0][name](this)).attach(client);
    else this.rollcall = undefined;
  }

  attributeChangedCallback(name) {
    this.#view?.changed(name);
  }

  focus(options) {
    if (!this.#view?.focus?.(options)) super.focus(options);
  }
};

/** MODULE, with those that it imports, so that none waits for another. */
const withRows = module => [module, import('./rollcall-rows.js'), import('./rollcall-status.js')];
const list = () => drawn('ListView', () => withRows(import('./rollcall-lists.js')), 'filter', 'href', 'current');
const who = () => withRows(import('./rollcall-who.js'));

const elements = /** @type {any} */ ({
  session: Session,
  dot: Dot,
  members: list(),
  dms: list(),
  status: drawn('StatusView', () => [import('./rollcall-status.js')], 'user'),
  me: drawn('MeView', () => [import('./rollcall-me.js'), import('./rollcall-menu.js'), import('./rollcall-manual.js'),
    import('./rollcall-status.js')]),
  typing: drawn('TypingView', who, 'dm'),
  here: drawn('HereView', who, 'place', 'max', 'watch-only'),
});

/** Defines the elements, whose sessions make clients of the class CLIENT. */
export function defineElements(Client) {
  Session.Client = Client;
  for (const [name, element] of globalThis.customElements ? Object.entries(elements) : [])
    customElements.get(`rollcall-${name}`) ?? customElements.define(`rollcall-${name}`, reflect(element));
}
