// SPDX-License-Identifier: ISC
// A person who behaves at random: opens up to three tabs and does with them what people do.
import { texts } from './notes.mjs';
import { Tab } from './tab.mjs';
import { retryAfter } from './world.mjs';

/* What a person with tabs does next, and how often. */
const habits = {
  turn: 8,
  open: 2,
  handOver: 2,
  reload: 3,
  leave: 1.5,
  signOut: 2.5,
  vanish: 3,
  fallSilent: 2.5,
  stray: 0.7,
  beOvertaken: 1,
  openDm: 0.6,
  beRemoved: 1.2,
  say: 3,
  sayForAWhile: 2,
  hide: 1.5,
  unsay: 1.5,
  claim: 1.5,
  unclaim: 0.7,
};

export class Person {
  constructor(world, user, chance) {
    Object.assign(this, { world, user, chance });
    this.tabs = [];
    this.away = []; /* tabs that may come back */
    this.dms = []; /* conversations that this person opened, as places */
    this.claims = 0; /* so many, the latest of which may be live */
  }

  /** Behaves until the world is calm; PACE: ms between two deeds, on average. */
  async behave(pace) {
    await this.world.sleep(this.chance.between(0, pace));
    while (!this.world.calm) {
      this.tabs = this.tabs.filter(tab => !tab.ended);
      const deed = this.tabs.length === 0 ? 'open' : this.chance.weighted(habits);
      await this[deed](this.chance.of(this.tabs));
      await this.world.sleep(this.chance.pause(pace));
    }
  }

  #habit() {
    const { chance, world } = this;
    const users = chance.is(0.6) ? [chance.of(world.followers)] : chance.some(world.users, chance.int(2, 4));
    return { polls: chance.is(0.6), users: chance.is(0.08) ? null : users };
  }

  /* One tab, or all of them, which then are not open any more. */
  #some(tab) {
    const going = this.chance.is(0.5) ? [...this.tabs] : [tab];
    this.tabs = this.tabs.filter(one => !going.includes(one));
    return going;
  }

  /** Opens a tab, or one comes back that was gone. */
  async open() {
    if (this.tabs.length >= 3) return;
    const back = this.away.length > 0 && this.chance.is(0.6);
    const tab = back ? this.away.shift() : new Tab(this.world, this.user, this.chance, this.#habit());
    this.tabs.push(tab);
    const status = this.chance.of([undefined, 'active', 'away']);
    tab.cursor = undefined;
    await tab.join(status);
  }

  turn(tab) {
    tab.turn(tab.status === 'active' ? 'away' : 'active');
  }

  beOvertaken(tab) {
    return tab.beOvertaken();
  }

  handOver(tab) {
    tab.handOver();
  }

  /** From one page to the next: within the grace, or a little too late. */
  async reload(tab) {
    if (this.chance.is(0.7)) tab.leave(false);
    else tab.vanish();
    const late = this.chance.is(0.2);
    await this.world.sleep(
      late ? this.world.times.leaveGrace + this.chance.between(600, 1500) : this.chance.between(20, 600),
    );
    tab.cursor = undefined;
    await tab.join();
  }

  leave(tab) {
    for (const one of this.#some(tab)) one.leave(false);
  }

  signOut(tab) {
    for (const one of this.#some(tab)) one.leave(true);
  }

  vanish(tab) {
    for (const one of this.#some(tab)) {
      one.vanish();
      if (this.chance.is(0.5)) this.away.push(one);
    }
  }

  /** Falls silent; some come back after a while by a heartbeat or a poll, as after a sleep. */
  fallSilent(tab) {
    for (const one of this.#some(tab)) {
      one.fallSilent();
      if (this.chance.is(0.6)) this.#wakeLater(one);
    }
  }

  async #wakeLater(tab) {
    const { life } = tab;
    await this.world.sleep(this.chance.between(500, 2 * this.world.times.ttl));
    if (this.world.calm || tab.life !== life || this.tabs.length >= 3) return;
    this.tabs.push(tab);
    tab.keep();
  }

  /** Leaves, and a heartbeat that was under way comes after it. */
  async stray(tab) {
    this.tabs = this.tabs.filter(one => one !== tab);
    tab.leave(true);
    await this.world.sleep(this.chance.between(0, 800));
    tab.beat();
  }

  async openDm() {
    const other = this.chance.of(this.world.followers);
    const body = { participants: [other] };
    const opened = await this.world.ask({ kind: 'dm', user: this.user, other }, 'POST', 'dms', { body }).done;
    if (opened.code !== 200 && opened.code !== 201) return;
    this.dms.push(`dm:${opened.body.id}`);
    this.world.dms.add(this.dms.at(-1));
  }

  /* Something that is said by hand. */
  #words() {
    const { chance } = this;
    const words = {};
    if (chance.is(0.5)) words.text = chance.of(['', ...texts]);
    if (chance.is(0.4)) words.dnd = chance.is(0.6);
    if (chance.is(0.4) || Object.keys(words).length === 0) words.show = chance.of(['auto', 'auto', 'away', 'invisible']);
    return words;
  }

  /* Asks until it is clear whether it was done: one status by hand after the other. */
  async #insist(event, method, what, body) {
    for (;;) {
      const asked = await this.world.ask({ user: this.user, ...event }, method, what, { body }).done;
      if (this.world.calm || (asked.code !== 0 && asked.code < 500)) return;
      await this.world.sleep(retryAfter(asked, this.chance));
    }
  }

  #say(said, seconds) {
    return this.#insist({ kind: 'say', said, length: seconds && seconds * 1000 }, 'PUT', 'me/status', { ...said, for: seconds });
  }

  say() {
    return this.#say(this.#words());
  }

  sayForAWhile() {
    return this.#say(this.#words(), this.chance.int(1, 6));
  }

  hide() {
    return this.#say({ show: this.chance.is(0.6) ? 'invisible' : 'auto' }, this.chance.of([undefined, undefined, 3, 8]));
  }

  unsay() {
    return this.#insist({ kind: 'unsay', all: true }, 'DELETE', 'me/status?all=true');
  }

  claim() {
    const { chance } = this;
    if (chance.is(0.5)) this.claims++;
    const said = { text: 'call', priority: chance.of([5, 8]) };
    if (chance.is(0.5)) said.dnd = true;
    if (chance.is(0.5)) said.show = chance.of(['active', 'away']);
    const seconds = chance.int(1, 6);
    const name = `claim-${this.claims}`;
    return this.#insist({ kind: 'claim', said, name, length: seconds * 1000 }, 'PUT', `me/claims/${name}`, { ...said, for: seconds });
  }

  /** Ends the latest claim; what comes after it has another name, since it is silent until its end. */
  unclaim() {
    const name = `claim-${this.claims++}`;
    return this.#insist({ kind: 'unclaim', name }, 'DELETE', `me/claims/${name}`);
  }

  /** The administrator removes this person, who finds out, and adds them again. */
  async beRemoved() {
    const removal = await this.world.admin({ kind: 'remove', user: this.user }, 'DELETE').done;
    await this.world.sleep(this.chance.between(200, 2500));
    if (removal.code !== 204) return;
    for (;;) {
      const added = await this.world.admin({ kind: 'add', user: this.user }, 'PUT', { body: {} }).done;
      if (added.code === 200 || added.code === 201 || this.world.over) break;
      await this.world.sleep(500);
    }
  }
}
