// SPDX-License-Identifier: ISC
// What an administrator changes reaches every open page that it concerns, and wakes no other.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { newJwt, newKey, now } from '../lib/jwt.mjs';
import { Person } from '../lib/person.mjs';
import { startStack, withStack } from '../lib/stack.mjs';
import { until } from '../lib/until.mjs';

const { signing, checking } = newKey('HS256');

const users = ['ann', 'bob', 'eve', 'max'];

/*
 * The same people each time: bob and eve hold a 1:1, ann, bob and eve the group 7; max is in none. Each row: what is done, and
 * what each is told: m to read the members again, d the conversations, "removed" that change; nothing if not named; and what
 * went before.
 */
const rows = [
  ['a member is added', s => s.put('members/new', { name: 'New' }), { ann: 'm', bob: 'm', eve: 'm', max: 'm' }],
  ['a member is put as it is', s => s.put('members/bob', { name: 'BOB', role: 'member' }), {}],
  ['a member is renamed', s => s.put('members/bob', { name: 'Robert' }), { ann: 'md', bob: 'md', eve: 'md', max: 'm' }],
  ['a member without conversations is renamed', s => s.put('members/max', { name: 'Maximilian' }), { ann: 'm', bob: 'm', eve: 'm', max: 'm' }],
  ['a role changes', s => s.put('members/bob', { role: 'guest' }), { ann: 'm', bob: 'm', eve: 'm', max: 'm' }],
  ['a member is removed', s => s.delete('members/bob'), { ann: 'md removed', bob: '403', eve: 'md removed', max: 'm removed' }],
  ['one who is not a member is removed', s => s.delete('members/nobody'), { ann: 'removed', bob: 'removed', eve: 'removed', max: 'removed' }],
  [
    'a member who was taken in again is removed again',
    s => s.delete('members/max'),
    { ann: 'm', bob: 'm', eve: 'm', max: '403' },
    async s => {
      await s.delete('members/max');
      await s.put('members/max', {});
    },
  ],
  ['members are imported', s => s.post('members', '{"user":"x"}\n{"user":"y"}\n'), { ann: 'm', bob: 'm', eve: 'm', max: 'm' }],
  ['members are imported as they are', s => s.post('members', '{"user":"bob"}\n{"user":"eve","name":"EVE"}\n'), {}],
  ['an import renames', s => s.post('members', '{"user":"max","name":"M"}\n{"user":"ann","name":"A"}\n'), { ann: 'md', bob: 'md', eve: 'md', max: 'm' }],
  ['an import is refused', s => s.post('members', '{"user":"x"}\n{"user":""}\n', [400]), {}],
  ['a group is made', s => s.put('dms/8', { participants: ['ann', 'max'] }), { ann: 'd', max: 'd' }],
  ['a group is renamed', s => s.put('dms/7', { participants: ['ann', 'bob', 'eve'], name: 'N' }), { ann: 'd', bob: 'd', eve: 'd' }],
  ['a group is put as it is', s => s.put('dms/7', { participants: ['eve', 'bob', 'ann'], name: 'Seven' }), {}],
  ['a group gets others', s => s.put('dms/7', { participants: ['ann', 'max'], name: 'Seven' }), { ann: 'd', bob: 'd', eve: 'd', max: 'd' }],
  ['a conversation is removed', s => s.delete('dms/7'), { ann: 'd', bob: 'd', eve: 'd' }],
  ['a 1:1 is removed', s => s.delete(`dms/${s.pair}`), { bob: 'd', eve: 'd' }],
  ['a conversation that is not there is removed', s => s.delete('dms/99'), {}],
  ['the workspace is renamed', s => s.put('', { name: 'Other' }), { ann: 'm', bob: 'm', eve: 'm', max: 'm' }],
  ['the workspace is put as it is', s => s.put('', {}), {}],
  ['the workspace is removed', s => s.delete(''), { ann: '403', bob: '403', eve: '403', max: '403' }],
  ['a token is made and revoked', s => s.token(), {}],
  ['sessions that are not there are ended', s => s.delete('sessions?user=bob'), {}],
  ['a JWT admits its user', s => s.jwt('new', 'New'), { ann: 'm', bob: 'm', eve: 'm', max: 'm' }],
  ['a JWT renames its user', s => s.jwt('bob', 'Robert'), { ann: 'md', bob: 'md', eve: 'md', max: 'm' }],
];

/** A workspace whose people poll. */
class Scene {
  constructor(stack, ws) {
    Object.assign(this, { stack, ws, told: {} });
    this.last = new Person(stack, ws, 'last');
  }

  async open(prepare) {
    await this.put('', { name: this.ws });
    for (const user of [...users, 'first', 'last']) await this.stack.addMember(this.ws, user);
    const people = users.map(user => new Person(this.stack, this.ws, user));
    this.pair = (await people[1].ask('POST', 'dms', { body: { participants: ['eve'] } })).body.id;
    await this.put('dms/7', { participants: ['ann', 'bob', 'eve'], name: 'Seven' });
    await prepare?.(this);
    // Redis's head, and not a worker's, which may be behind what was prepared.
    const { cursor } = await new Person(this.stack, this.ws, 'first').join();
    this.following = people.map(one => ({ ended: this.follow(one, cursor) }));
  }

  /** Notes what is told, until the last change: changes come in order. */
  async follow(person, since) {
    const told = (this.told[person.user] = new Set());
    for (let cursor = since; ; ) {
      const { status, body } = await person.poll({ since: cursor });
      if (status !== 200) told.add(String(status));
      else for (const what of body.refetch ?? []) told.add(what[0]);
      for (const { user, why } of body.changes ?? []) if (user !== 'last') told.add(why);
      if (status !== 200 || body.changes.some(({ user }) => user === 'last')) return;
      ({ cursor } = body);
    }
  }

  /** Waits until all have been told everything, and ends their polls. */
  async end() {
    if ((await this.stack.adm('GET', `/workspaces/${this.ws}`)).status === 200) await this.last.join();
    await Promise.all(this.following.map(({ ended }) => ended));
  }

  /** As in the rows: "md removed". A removed user may have been told why before. */
  of(user) {
    const told = this.told[user];
    if (told.has('403')) return '403';
    const words = [['m', 'd'].filter(one => told.has(one)).join(''), ...[...told].filter(one => one.length > 1)];
    return words.filter(Boolean).join(' ');
  }

  async adm(method, what, body, good = [200, 201, 204]) {
    const path = `/workspaces/${this.ws}${what && '/'}${what}`;
    const { status } = await this.stack.adm(method, path, { body });
    assert.ok(good.includes(status), `${method} ${path}: ${status}`);
  }
  put = (what, body) => this.adm('PUT', what, body);
  post = (what, body, good) => this.adm('POST', what, body, good);
  delete = what => this.adm('DELETE', what);

  async token() {
    const { body } = await this.stack.adm('POST', '/tokens', { body: { user: 'ann' } });
    assert.equal((await this.stack.adm('DELETE', `/tokens/${body.id}`)).status, 204);
  }

  async jwt(sub, name) {
    const token = newJwt({ sub, name, exp: now() + 600, rollcall_workspaces: [this.ws] }, signing);
    const [meta] = await this.stack.redis('KEYS', `rollcall:*:${this.ws}:meta`);
    const seq = () => this.stack.redis('HGET', meta, 'seq');
    const before = await seq();
    assert.equal((await this.stack.req('GET', '/v1/me', { token })).status, 200);
    await until(async () => (await seq()) !== before, 'Redis has it'); // of which the answer says nothing
  }
}

describe('open pages', { concurrency: 4 }, () => {
  let stack, count = 0;
  before(async () => {
    stack = await startStack({
      workers: 2,
      auth: ['token', 'jwt'],
      conf: { ttl: 60, heartbeat: 30, wait: 20 },
      beforeStart: one => {
        writeFileSync(one.path('jwt.key'), checking);
        one.conf.jwt = { algorithm: 'HS256', key_file: one.path('jwt.key'), provision: true };
      },
    });
  });
  after(() => stack?.stop());

  for (const [name, act, expected, prepare] of rows) {
    it(`are told what concerns them, and nothing else, when ${name}`, async () => {
      const scene = new Scene(stack, `told-${++count}`);
      await scene.open(prepare);
      await act(scene);
      await scene.end();
      for (const user of users) assert.equal(scene.of(user), expected[user] ?? '', user);
    });
  }

  it('are told once Redis takes it, if it did not at first, and each once however much changed', () =>
    withStack({ proxy: true, conf: { ttl: 60, heartbeat: 30, wait: 20 } }, async one => {
      const scene = new Scene(one, 'late');
      await scene.open();
      const isMark = words => /^eval/i.test(words[0]) && words.some(word => word.startsWith('\u0001'));
      let refused = 0;
      let sent = 0;
      one.peer.rule = words => {
        refused += isMark(words);
        return isMark(words) ? { answer: '-OOM command not allowed when used memory' } : 'pass';
      };
      await scene.put('members/bob', { name: 'Robert' });
      await scene.delete('dms/7');
      for (let i = 0; i < 20; i++) await scene.put('members/max', { name: `Max ${i}` });
      const opened = await new Person(one, 'late', 'eve').ask('POST', 'dms', { body: { participants: ['max'] } });
      assert.equal(opened.status, 201);
      const before = refused;
      await until(() => refused > before + 1, 'it is tried again');
      assert.deepEqual(users.map(user => scene.of(user)), ['', '', '', '']);
      one.peer.rule = words => {
        sent += isMark(words);
        return 'pass';
      };
      await until(() => scene.of('max') === 'md', 'he is told');
      await scene.end();
      assert.deepEqual(users.map(user => scene.of(user)), ['md', 'md', 'md', 'md']);
      assert.equal(sent, 1);
    }));

  it('are missed aloud if Redis does not take it before the worker ends', () =>
    withStack({ proxy: true }, async one => {
      await one.people('lost', 'u', 1);
      one.peer.rule = words => (/^eval/i.test(words[0]) ? { answer: '-OOM command not allowed' } : 'pass');
      await one.adm('PUT', '/workspaces/lost/members/new', { body: {} });
      process.kill(one.workers()[0], 'SIGTERM');
      await until(() => /will not be told of a change in workspace lost/.test(one.log()), 'it is in the log');
    }));
});
