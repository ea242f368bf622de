// SPDX-License-Identifier: ISC
// All tabs of a browser that speak for one user are one session. The one that holds a lock leads: it polls for all.
// They tell each other the rest over a channel. If the leader is blocked, another tab steals its lock. Any other tab
// that is blocked counts as away.
import { aborted, on, random } from './rollcall-util.js';

const PINGS = 5; // unanswered, one a second, before a tab is taken for blocked

export class Tabs {
  isLeader = false;
  #page;
  #id = random(); // of this tab
  #life; // aborts when the page is left
  #key; // that these tabs share
  #channel; // between them; without one each tab is for itself
  #tabs = new Map(); // id -> { status, users, wants, quiet }, this one too. users null: all; quiet: for so many ticks
  #reign; // AbortController of leading or waiting to
  #term = 0; // grows with each leader
  #leader; // the tab that leads
  #heardAt = 0; // when it last spoke
  #pings = 0; // since
  #isReporting = false;

  /**
   * PAGE: report() gives this tab's { status, users, wants }; lead(signal) leads until SIGNAL aborts; lose() stops at
   * once, since another tab leads; receive(message, isLeaders) takes what tabs say; silence() is how long a leader may
   * be silent, ms.
   */
  constructor(page) {
    this.#page = page;
  }

  /** That of the most active tab. */
  get status() {
    return [...this.#tabs.values()].some(tab => tab.status === 'active') ? 'active' : 'away';
  }

  /** The users that the tabs watch together; null: everyone. */
  get watched() {
    const lists = [...this.#tabs.values()].map(tab => tab.users);
    return lists.includes(null) ? null : lists.flat();
  }

  /** The names of what the tabs want beside that. */
  get wanted() {
    return [...this.#tabs.values()].flatMap(tab => tab.wants ?? []);
  }

  /** Joins the tabs that have the same KEY, until LIFE aborts; alone if the browser keeps tabs apart. */
  async open(key, life) {
    this.#key = key;
    this.#life = life;
    this.#tabs.set(this.#id, this.#page.report());
    let channel;
    try {
      channel = new BroadcastChannel(key);
      await new Promise((done, fail) => {
        this.#lock(this.#id, { signal: life }, () => (done(), aborted(life))).catch(fail);
      });
    } catch {
      channel?.close();
      if (!life.aborted) this.#lead(life);
      return;
    }
    if (life.aborted) return channel.close();
    this.#channel = channel;
    channel.onmessage = ({ data }) => this.#receive(data);
    this.#meet();
    this.#elect();
  }

  close() {
    this.post({ bye: true });
    this.isLeader = false;
    this.#channel?.close();
    this.#channel = null;
    this.#tabs.clear();
  }

  /** Sends MESSAGE to the other tabs. */
  post(message) {
    this.#channel?.postMessage({ from: this.#id, term: this.isLeader && this.#term, ...message });
  }

  /** Sends MESSAGE to all tabs, this one included. */
  postToAll(message) {
    this.post(message);
    this.#receive({ from: this.#id, ...message });
  }

  /** Reports this tab to all: after a moment, so that elements added together make one report. */
  report() {
    if (this.#isReporting) return;
    this.#isReporting = true;
    setTimeout(() => {
      this.#isReporting = false;
      if (this.#tabs.has(this.#id)) this.postToAll({ tab: this.#page.report() });
    }, 20);
  }

  /** Once a second; SLEPT: far later. */
  tick(slept) {
    const before = this.#tabs.get(this.#id), now = this.#page.report();
    if (before?.status !== now.status) this.report();
    if (before && slept) this.#tabs.set(this.#id, now);
  }

  /**
   * Steals the lead from a tab that is blocked, or as the leader takes others that are for away; to be called once a
   * second. Ticks count, not time: an answer comes before the next tick, however late that is.
   */
  watch() {
    if (this.isLeader) return this.#watchOthers();
    if (!this.#channel) return;
    if (Date.now() - this.#heardAt < this.#page.silence()) this.#pings = 0;
    else if (this.#pings++ < PINGS) this.post({ ping: true });
    else {
      this.#heardAt = Date.now();
      this.#tabs.delete(this.#leader);
      this.#elect(true);
    }
  }

  #watchOthers() {
    for (const [id, tab] of this.#tabs) {
      if (id === this.#id || tab.status === 'away') continue;
      tab.quiet = (tab.quiet ?? 0) + 1;
      if (tab.quiet > 2 * PINGS) this.postToAll({ blocked: id });
      else if (tab.quiet > PINGS) this.post({ ping: true });
    }
  }

  /** Whether this tab still leads: the lead may be stolen while it is blocked. */
  async isStillLeader() {
    const { held } = this.#channel ? await navigator.locks.query() : { held: [] };
    const holder = name => held.find(lock => lock.name === `${this.#key} ${name}`)?.clientId;
    return holder('lead') === holder(this.#id);
  }

  /** The session's name, which the browser keeps; or else NAME, kept by a tab between two pages alone. */
  sessionName(name) {
    try {
      const store = this.#channel ? localStorage : sessionStorage, found = name ?? store.getItem(this.#key) ?? random();
      if (this.#channel || name) store.setItem(this.#key, found);
      else store.removeItem(this.#key);
      return found;
    } catch {
      return random();
    }
  }

  /** Keeps SESSION for this tab's next page, if no other shares it: localStorage ends the script in Firefox. */
  keepSession(session) {
    if (!this.#channel) this.sessionName(session);
  }

  #lock(name, options, work) {
    return navigator.locks.request(`${this.#key} ${name}`, options, work);
  }

  #meet() {
    this.#heardAt = Date.now();
    this.post({ who: true });
    this.report();
  }

  /** Leads once no other tab does, or with STEAL at once. */
  async #elect(steal = false) {
    this.#reign?.abort();
    const reign = this.#reign = new AbortController(), { signal } = reign;
    on(this.#life, 'abort', () => reign.abort(), signal);
    const work = () => (this.#lead(signal), aborted(signal));
    await this.#lock('lead', steal ? { steal } : { signal }, work).catch(() => {});
    if (signal.aborted || !this.isLeader) return;
    this.isLeader = false; // it was stolen
    this.#elect();
    this.#page.lose();
    this.#meet();
  }

  #lead(signal) {
    this.isLeader = true;
    this.#term = Math.max(this.#term + 1, Date.now());
    this.post({ who: true });
    for (const id of this.#tabs.keys()) this.#outlive(id);
    this.#page.lead(signal);
  }

  /** Notices that the tab ID is gone: its lock is then free. */
  #outlive(id) {
    if (!this.isLeader || id === this.#id) return;
    this.#lock(id, { signal: this.#life }, () => this.#receive({ from: id, bye: true })).catch(() => {});
  }

  /** @param {any} message */
  #receive({ from, term, tab, bye, ping, blocked, ...message }) {
    if (term && term >= this.#term && !this.isLeader)
      [this.#term, this.#leader, this.#heardAt] = [term, from, Date.now()];
    const isNew = tab && !this.#tabs.has(from);
    if (tab) this.#tabs.set(from, tab);
    if (blocked) Object.assign(this.#tabs.get(blocked) ?? {}, { status: 'away', wants: [] });
    if (isNew) this.#outlive(from);
    if (bye) this.#tabs.delete(from);
    if (message.who) this.report();
    if (ping) this.post({ tab: this.#page.report() });
    this.#page.receive(message, !this.isLeader && term === this.#term);
  }
}
