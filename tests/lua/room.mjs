// SPDX-License-Identifier: ISC
//
// One workspace on a private Redis, driven by the scripts alone, with replies as objects. Every test takes a workspace
// of its own, in a partition of its own, so that none sees another's leases.

let rooms = 0;

const CHANGE = ['seq', 'status', 'since', 'why'];

/** The four last fields of a reply as {seq, status, since, why}, or null for no change. */
function changeOf(fields) {
  return fields[0] === '' ? null : Object.fromEntries(CHANGE.map((name, i) => [name, fields[i]]));
}

export class Room {
  /** A new workspace; OPTIONS replace ttl, lease and so on (all ms). */
  constructor(redis, options = {}) {
    this.redis = redis;
    this.ws = `room${++rooms}`;
    this.prefix = `rollcall:{${rooms % 64}.${rooms}}:`;
    this.base = this.prefix + this.ws;
    this.due = `${this.prefix}due`;
    this.state = `${this.base}:state`;
    this.changed = `${this.base}:changed`;
    this.meta = `${this.base}:meta`;
    this.channel = `${this.base}:changes`;
    Object.assign(this, { ttl: 60000, lease: 60000, maxLease: 60000, fresh: 'freshEpoch000000', maxSessions: 50,
      maxTombstones: 200, batch: 256, asked: Number.MAX_SAFE_INTEGER }, options);
  }

  /** The key of USER's sessions; USER may be a Buffer. */
  u(user) {
    return Buffer.concat([Buffer.from(`${this.base}:u:`), Buffer.from(user)]);
  }

  keys(user) {
    return [this.due, this.state, this.changed, this.meta, this.u(user)];
  }

  async beat(user, session, status = '', more = {}) {
    const { kind = 'heartbeat', lease = this.lease, n = '', worker = 'w1', client, fresh = this.fresh,
      asked = this.asked, held = 0, wait = 0, renewal = '' } = more;
    const got = await this.redis.run('beat', this.keys(user), [this.ws, user, session, kind, status, lease, n, this.ttl,
      fresh, this.channel, worker, asked, `${this.maxSessions} ${this.maxTombstones} ${held} ${wait}${renewal}`], client);
    const [code, epoch, seq, now, own, alive, number, changeSeq, changeStatus, changeSince, why] = got.split(' ');
    const change = changeSeq ? { seq: +changeSeq, status: changeStatus, since: +changeSince, why } : null;
    return { code, epoch, seq: +seq, now: +now, own, alive: +alive, beat: +number, change };
  }

  join(user, session, status = '', more = {}) {
    return this.beat(user, session, status, { kind: 'join', ...more });
  }

  poll(user, session, status = '', more = {}) {
    return this.beat(user, session, status, { kind: 'poll', ...more });
  }

  /** What worker W1 tells of a poll that came AGE ms ago, and followed POLL, a reply. */
  renew(user, session, poll, age, more = {}) {
    const renewal = ` ${poll.beat} ${poll.now + this.lease} ${age}`;
    return this.beat(user, session, '', { kind: 'renew', lease: this.lease - age, renewal, ...more });
  }

  async leave(user, session, mode = 'now', more = {}) {
    const { grace = 0, beat = '', client, asked = this.asked, held = 0, n = '' } = more;
    const got = await this.redis.run('leave', this.keys(user), [this.ws, user, session, mode, grace, beat, this.ttl,
      this.fresh, this.channel, this.maxTombstones, asked, held, n], client);
    const [code, epoch, seq, now, ...change] = got;
    return { code, epoch, seq, now, change: changeOf(change) };
  }

  async expire({ expected = '', tolerance = 0, hold = 0, client } = {}) {
    const got = await this.redis.run('expire', [this.due], [this.prefix, expected, tolerance, hold, this.maxLease,
      this.batch, this.ttl, this.fresh], client);
    const [now, leap, taken, changes, malformed] = got;
    return { now, leap, taken, changes, malformed };
  }

  async evict(user) {
    const got = await this.redis.run('evict', this.keys(user), [this.ws, user, this.fresh, this.channel]);
    const [code, epoch, seq, now, ...change] = got;
    return { code, epoch, seq, now, change: changeOf(change) };
  }

  async mark(...marks) {
    const [epoch, seq, now] = await this.redis.run('mark', [this.state, this.changed, this.meta],
      [this.fresh, this.channel, ...marks]);
    return { epoch, seq, now };
  }

  async changes(since = 0, limit = 1000, client) {
    const keys = [this.state, this.changed, this.meta];
    const got = await this.redis.run('changes', keys, [this.fresh, since, limit], client);
    const [epoch, head, floor, now, ...flat] = got;
    const changes = [];
    for (let i = 0; i < flat.length; i += 5)
      changes.push({ key: flat[i], seq: flat[i + 1], status: flat[i + 2], since: flat[i + 3], why: flat[i + 4] });
    return { epoch, head, floor, now, changes };
  }

  async prune(cutoff, from = 0) {
    const keys = [this.state, this.changed, this.meta];
    const [next, pruned] = await this.redis.run('prune', keys, [cutoff, from, this.batch]);
    return { next, pruned };
  }

  async adopt(after = 0, until = '') {
    const keys = [this.state, this.changed, this.meta, this.due];
    const args = [this.prefix, this.ws, after, until, this.batch, this.maxLease, this.ttl];
    const [next, last, adopted] = await this.redis.run('adopt', keys, args);
    return { next, last, adopted };
  }

  drop(user = '') {
    return this.redis.run('drop', [this.due, this.state, this.changed, this.meta],
      [this.prefix, this.ws, this.batch, user]);
  }

  async sessions(user) {
    const keys = [this.u(user), this.due, this.state];
    const [now, status, ...flat] = await this.redis.run('sessions', keys, [this.ws, user]);
    const sessions = [];
    for (let i = 0; i < flat.length; i += 6) {
      const [session, state, flag, n, beat, ends] = flat.slice(i, i + 6);
      sessions.push({ session, status: state, flag, n, beat, ends });
    }
    return { now, status, sessions };
  }

  /** What others see of USER, as changes() tells it. */
  async seen(user) {
    const { changes } = await this.changes();
    return changes.find(change => change.key === user)?.status ?? 'offline';
  }

  /** Makes the lease of a session run out now: what waiting for it would come to. */
  async lapse(user, session) {
    await this.redis.call('ZADD', this.due, 'XX', 1, `${this.ws} ${session} ${user}`);
    return this.expire();
  }

  /** Follows CHANNELS, its own by default: {messages} grows; close() it. */
  async follow(...channels) {
    const client = await this.redis.connect();
    const got = await client.subscribe(...(channels.length ? channels : [this.channel]));
    return { get messages() { return got.map(one => one.message); }, close: () => client.close() };
  }

  /** All keys of the workspace's partition. */
  async allKeys() {
    const keys = await this.redis.call('KEYS', '*');
    return keys.filter(key => key.startsWith(this.prefix)).sort();
  }
}
