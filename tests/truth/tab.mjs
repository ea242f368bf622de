// SPDX-License-Identifier: ISC
// A tab of a person: a session that is kept alive by heartbeats or by polls, in all the ways in which tabs come and go.
import { query } from '../lib/person.mjs';
import { retryAfter } from './world.mjs';

/** A poll that has waited for this long is surely parked, if the machine keeps up (ms); and one this near its end may be answered. */
const SETTLED = 500;

export class Tab {
  /** HABIT: { polls, users }: whether it polls, and whom it then follows; users null: everyone. */
  constructor(world, user, chance, habit) {
    Object.assign(this, { world, user, chance, ...habit });
    this.session = undefined; /* until the first join, which names it */
    this.status = 'active';
    this.n = 0;
    this.life = 0; /* a loop that keeps it alive ends when this moves on */
    this.ended = false;
    this.polling = null;
  }

  /** Joins, under the name it has if it has one, until that is answered; then keeps itself alive. */
  async join(status) {
    const life = ++this.life;
    this.ended = false;
    while (this.life === life && !this.world.silent) {
      const event = { kind: 'join', user: this.user, session: this.session, status, users: this.users ?? undefined };
      if (this.session) event.reader = `${this.user}/${this.session}`;
      await this.world
        .ask(event, 'POST', 'join', { body: { session: this.session, status } })
        .done.then(answered => this.#joined(answered, life, status));
      if (this.cursor || this.ended || this.life !== life) return;
    }
  }

  async #joined(event, life, status) {
    if (event.code === 403) this.ended = true;
    else if (event.code === 200 || event.code === 201) {
      this.session = event.session = event.body.session;
      event.reader = `${this.user}/${this.session}`;
      this.cursor = event.body.cursor;
      if (status) this.status = status;
      if (this.life === life) this.keep();
    } else await this.world.sleep(retryAfter(event, this.chance));
  }

  /** Keeps itself alive from now on. */
  async keep() {
    const life = ++this.life;
    while (this.life === life && !this.world.silent) {
      const event = await (this.polls ? this.poll() : this.beat()).done;
      if (this.life !== life) return;
      if (event.code === 403 || event.code === 410) this.end();
      else await this.#pauseAfter(event);
    }
  }

  #pauseAfter(event) {
    if (event.code === 'dropped' || (event.code === 200 && event.kind === 'poll')) return Promise.resolve();
    if (event.code === 200) return this.world.sleep(this.world.times.heartbeat * this.chance.between(0.7, 1));
    return this.world.sleep(retryAfter(event, this.chance));
  }

  beat(status, n = ++this.n) {
    const { session } = this;
    return this.world.ask({ kind: 'heartbeat', user: this.user, session, status, n }, 'POST', 'heartbeat', {
      body: { session, status, n },
    });
  }

  /** Polls, with STATUS if given. A poll that waits is superseded: its client does not look at its answer any more. */
  poll(status) {
    const { world, user, session, users } = this;
    const n = ++this.n;
    const event = {
      kind: 'poll',
      user,
      session,
      status,
      n,
      since: this.cursor,
      wait: world.times.wait,
      users: users ?? undefined,
      reader: `${user}/${session}`,
    };
    const words = { since: this.cursor, session, status, n, user: users ?? undefined };
    if (this.polling) this.polling.event.discarded = true;
    const polling = world.ask(event, 'GET', `stream${query(words)}`);
    this.polling = polling;
    polling.done.then(answered => {
      if (answered.code === 200 && !answered.discarded) this.cursor = answered.body.cursor;
      if (this.polling === polling) this.polling = null;
    });
    return polling;
  }

  /** Takes STATUS: by a heartbeat, or by a poll that supersedes the waiting one, whose connection may go before or after. */
  turn(status) {
    this.status = status;
    if (!this.polls || this.chance.is(0.4)) {
      this.beat(status);
      return;
    }
    this.#pollAnew(status);
  }

  /** A heartbeat arrives after one that was sent later. */
  async beOvertaken() {
    this.n += 2;
    const { n } = this;
    await this.beat(this.status, n).done;
    if (!this.ended) this.beat(this.status === 'active' ? 'away' : 'active', n - 1);
  }

  /** Another connection takes the session over. */
  handOver() {
    this.polls = true;
    this.#pollAnew();
  }

  /* Polls on another connection, before or after the old one goes. */
  async #pollAnew(status) {
    const { chance, polling } = this;
    const when = chance.of(['before', 'after', 'never']);
    if (when === 'before') this.#drop();
    this.#goOn(status);
    if (when !== 'after') return;
    await this.world.sleep(chance.between(0, 50));
    this.#drop(polling);
  }

  /* Polls at once, and keeps itself alive after that. */
  async #goOn(status) {
    const life = ++this.life;
    const event = await this.poll(status).done;
    if (this.life !== life || this.world.silent) return;
    if (event.code === 403 || event.code === 410) this.end();
    else {
      await this.#pauseAfter(event);
      if (this.life === life) this.keep();
    }
  }

  /* The connection of POLLING goes, by an ordinary close or a reset; notes whether the daemon is told of it. */
  #drop(polling = this.polling) {
    if (!polling || polling.event.done !== undefined) return;
    const how = this.chance.of(['close', 'reset']);
    const { world, user, session } = this;
    const { sent, wait } = polling.event;
    const waited = world.now() - sent;
    /* An answer may be under way just then; then there is nothing to be told of. */
    const quiet = polling === this.polling && this.users?.every(one => world.followers.includes(one));
    const sure = quiet && waited > SETTLED && waited < wait - SETTLED;
    const told = world.tells[how] === 'yes' && !sure ? 'maybe' : world.tells[how];
    const event = world.note({ kind: 'closed', user, session, of: sent, told, how });
    polling.drop(how);
    event.done = world.now();
    if (polling === this.polling) this.polling = null;
  }

  /** Says goodbye and goes: at once for good, or with grace. */
  leave(now) {
    const { session } = this;
    this.life++;
    this.world.ask({ kind: 'leave', user: this.user, session, now }, 'POST', 'leave', {
      body: { session, now: now || undefined },
    });
    this.#drop();
  }

  /** Its browser dies: the connection goes, and nothing comes any more. */
  vanish() {
    this.life++;
    this.#drop();
  }

  /** Nothing comes any more, but the connection stays. */
  fallSilent() {
    this.life++;
  }

  /** The server has ended it, or its user forgets it. */
  end() {
    this.life++;
    this.ended = true;
  }
}
