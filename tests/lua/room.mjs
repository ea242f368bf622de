// SPDX-License-Identifier: ISC
//
// One workspace on a private Redis, driven by the scripts alone, with replies as objects. Every test takes a workspace
// of its own, in a partition of its own, so that none sees another's leases.

let rooms = 0;

const CHANGE = ['seq', 'status', 'since', 'why', 'note'];

/** The five last fields of a reply as {seq, status, since, why, note}, or null for no change; without a note that is "". */
function changeOf(fields) {
  if (fields[0] === '') return null;
  const change = Object.fromEntries(CHANGE.map((name, i) => [name, fields[i]]));
  if (change.note === '') delete change.note;
  return change;
}

/** A reply of one text: its first seven words, and the change that follows them, or null. */
function takeApart(text) {
  const [line, note] = text.split(/\n(.*)/s);
  const words = line.split(' ');
  const [seq, status, since, why] = words.slice(7);
  return [...words.slice(0, 7), seq ? { seq: +seq, status, since: +since, why, ...(note && { note }) } : null];
}

/** What a user says by hand, as say.lua takes it: lines of [ends, mode, note], from REV on. */
export function said(rev, ...lines) {
  return `${rev} 0\n${lines.map(([ends, mode, note = '']) => `${ends} ${mode} ${note}`).join('\n')}`;
}

/** What says nothing. */
export const NOTHING = [0, '-'];

export class Room {
  /** A new workspace; OPTIONS replace ttl, lease and so on (all ms). */
  constructor(redis, options = {}) {
    this.redis = redis;
    this.ws = `room${++rooms}`;
    this.prefix = `rollcall:{${rooms % 64}.${rooms}}:`;
    this.base = this.prefix + this.ws;
    this.due = `${this.prefix}due`;
    this.ends = `${this.prefix}ends`;
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

  /** A session of USER, who may be a Buffer, as leases name it. */
  member(user, session) {
    return Buffer.concat([Buffer.from(`${this.ws} ${session} `), Buffer.from(user)]);
  }

  keys(user) {
    return [this.due, this.state, this.changed, this.meta, this.u(user)];
  }

  async beat(user, session, status = '', more = {}) {
    const { kind = 'heartbeat', lease = this.lease, n = '', worker = 'w1', client, fresh = this.fresh,
      asked = this.asked, held = 0, wait = 0, renewal = '', said = '' } = more;
    const known = said === null ? [] : [said]; // null: as a worker does, until the script asks
    const terms = `${this.ttl} ${worker || '-'} ${fresh} ${this.maxSessions} ${this.maxTombstones} ${held} ${wait}${renewal}`;
    const keys = [this.due, this.state, this.meta, this.u(user), ...known.map(() => this.ends)];
    const got = await this.redis.run('beat', keys, [this.member(user, session), session, kind, status, n, lease, asked, terms,
      ...known], client);
    const [code, epoch, seq, now, own, alive, number, change] = takeApart(got);
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

  /** USER says SAID by hand, a text as said() makes it. */
  async say(user, text, { client, held = 0, asked = this.asked } = {}) {
    const got = await this.redis.run('say', [...this.keys(user), this.ends], [this.ws, user, text, held, this.fresh,
      this.channel, this.ttl, asked], client);
    const [code, epoch, seq, now, own, shown, rev, change] = takeApart(got);
    return { code, epoch, seq: +seq, now: +now, own, shown, rev: +rev, change };
  }

  async own(user) {
    const [now, own, shown, rev] = await this.redis.run('own', [this.u(user), this.due, this.state], [this.ws, user]);
    return { now, own, shown, rev };
  }

  /** A session is at PLACE for some ms. */
  async at(user, session, place, doing = 'viewing', more = {}) {
    const { ms = 60000, n = '', places = 20, things = 100, asked = '' } = more;
    const keys = [this.u(user), this.state, `${this.base}:at:${place}`, `${this.base}:places`];
    const got = await this.redis.run('at', keys, [this.ws, user, session, place, doing, ms, n, `${places} ${things}`, asked]);
    const [code, now, changed] = got.split(' ');
    return { code, now: +now, changed: changed === '-' ? changed : +changed };
  }

  /** It ends that; without SESSION all of USER's do, without DOING everything. */
  async from(user, session, place, doing = '', n = '') {
    const got = await this.redis.run('from', [this.u(user), this.state], [this.ws, user, session, place, doing, n]);
    const [code, now, changed] = got.split(' ');
    return { code, now: +now, changed: +changed };
  }

  /** What a worker tells later of THINGS that go on: now, and a digit for each. */
  async stay(things) {
    const texts = things.flatMap(({ session, doing, rest, told = '-', n = '-', user, place }) =>
      [session, doing, rest, told, n, user, place]);
    const [now, done] = (await this.redis.run('stay', [this.state], texts)).split(' ');
    return { now: +now, done };
  }

  /** Who is at PLACE, as ["user doing"], in order; ENDS has when each thing ends. */
  async place(place) {
    const [now, ...flat] = await this.redis.run('place', [`${this.base}:at:${place}`], [2000]);
    const things = [];
    for (let i = 0; i < flat.length; i += 2) {
      const [arrived, session, doing, ...user] = flat[i].split(' ');
      things.push({ arrived: +arrived, session, doing, user: user.join(' '), ends: +flat[i + 1] });
    }
    return { now: +now, things, who: things.map(one => `${one.user} ${one.doing}`).sort() };
  }

  places(from = 0, batch = 1000) {
    return this.redis.run('places', [`${this.base}:places`], [from, batch]);
  }

  async expire({ expected = '', tolerance = 0, hold = 0, client } = {}) {
    const got = await this.redis.run('expire', [this.due, this.ends], [this.prefix, expected, tolerance, hold, this.maxLease,
      this.batch, this.ttl, this.fresh], client);
    const [now, leap, taken, changes, malformed, ended] = got;
    return { now, leap, taken, changes, malformed, ended };
  }

  async evict(user) {
    const got = await this.redis.run('evict', [...this.keys(user), this.ends], [this.ws, user, this.fresh, this.channel]);
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
    for (let i = 0; i < flat.length; i += 6) {
      const [key, seq, status, changed, why, note] = flat.slice(i, i + 6);
      changes.push({ key, seq, status, since: changed, why, ...(note && { note }) });
    }
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
    return this.redis.run('drop', [this.due, this.state, this.changed, this.meta, this.ends],
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
