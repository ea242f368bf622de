// SPDX-License-Identifier: ISC
// What the clients take for a webhook of Rollcall: the same as the library of Standard Webhooks, in each language.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { Webhook } from 'standardwebhooks';
import { Client, languages } from './clients.mjs';

const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;
const [secret, old, other] = [newSecret(), newSecret(), newSecret()];
const body = JSON.stringify({ type: 'rollcall.changes', data: { changes: [{ user: 'Zoë 🌴', status: 'active' }] } });
const now = () => Math.floor(Date.now() / 1000);

/* The headers of BODY signed by the library with each of SECRETS, AGE seconds ago. */
function signed(secrets, { age = 0, id = 'msg_1', text = body } = {}) {
  const time = now() - age;
  const signatures = secrets.map(one => new Webhook(one).sign(id, new Date(time * 1000), text));
  return { 'webhook-id': id, 'webhook-timestamp': String(time), 'webhook-signature': signatures.join(' ') };
}

/* The headers of signed(), with CHANGES. */
const changed = (changes, headers = signed([secret])) => ({ ...headers, ...changes });
const noise = ['v2,AAAA', 'v1a,AAAA', 'v1', '', 'v1,', 'v1,ü'];

/* What is sent, and the code of the error; null if it is taken. */
const cases = {
  'what was signed': [signed([secret]), body, null],
  'with names in capitals': [
    Object.fromEntries(Object.entries(signed([secret])).map(([name, value]) => [name.toUpperCase(), value])), body, null,
  ],
  'with the old secret and the new one': [signed([old, secret]), body, null],
  'with a signature between others': [
    changed({ 'webhook-signature': [...noise, signed([secret])['webhook-signature'], 'v1,AAAA'].join(' ') }), body, null,
  ],
  'almost 5 minutes ago': [signed([secret], { age: 250 }), body, null],
  'almost 5 minutes ahead': [signed([secret], { age: -290 }), body, null],
  'more than 5 minutes ago': [signed([secret], { age: 310 }), body, 'bad_timestamp'],
  'more than 5 minutes ahead': [signed([secret], { age: -360 }), body, 'bad_timestamp'],
  'another body': [signed([secret]), body.replace('active', 'away'), 'bad_signature'],
  'another id': [changed({ 'webhook-id': 'msg_2' }), body, 'bad_signature'],
  'another time': [changed({ 'webhook-timestamp': String(now() - 5) }), body, 'bad_signature'],
  'a foreign secret': [signed([other]), body, 'bad_signature'],
  'a shorter signature': [changed({ 'webhook-signature': signed([secret])['webhook-signature'].slice(0, -1) }), body, 'bad_signature'],
  'another version': [changed({ 'webhook-signature': `v2${signed([secret])['webhook-signature'].slice(2)}` }), body, 'bad_signature'],
  'no signature that is one': [changed({ 'webhook-signature': noise.join(' ') }), body, 'bad_signature'],
  'no signature': [changed({ 'webhook-signature': '' }), body, 'missing_header'],
  'no id': [changed({ 'webhook-id': '' }), body, 'missing_header'],
  'no header at all': [{}, body, 'missing_header'],
  'no number for a time': [changed({ 'webhook-timestamp': 'today' }), body, 'bad_timestamp'],
};

/* Whether the library takes it. */
function taken(headers, text) {
  try {
    return new Webhook(secret).verify(text, headers);
  } catch {
    return null;
  }
}

describe('verify()', () => {
  for (const [name, [headers, text, code]] of Object.entries(cases))
    it(`${name}: the library ${code ? 'refuses' : 'takes'} it`, () => {
      assert.equal(taken(headers, text) === null, code !== null);
    });

  for (const language of languages)
    describe(language, () => {
      /** What a client with SECRETS answers to each of LINES. */
      async function answers(secrets, lines) {
        const client = new Client(language);
        try {
          await client.say({ url: 'http://localhost', options: { secrets } });
          const said = [];
          for (const args of lines) said.push(await client.say({ call: 'verify', args }));
          return said;
        } finally {
          await client.stop();
        }
      }

      it('does the same', async () => {
        const said = await answers(secret, Object.values(cases).map(([headers, text]) => [headers, text]));
        Object.entries(cases).forEach(([name, [, text, code]], i) => {
          if (code === null) assert.deepEqual(said[i].result, JSON.parse(text), name);
          else assert.equal(said[i].error?.code, code, `${name}: ${JSON.stringify(said[i])}`);
        });
      });

      it('takes what either of its secrets has signed, while one is replaced', async () => {
        const said = await answers([secret, old], [secret, old, other].map(one => [signed([one]), body]));
        assert.deepEqual(said.map(({ error }) => error?.code), [undefined, undefined, 'bad_signature']);
      });

      it('takes a secret without its prefix, and headers as a gateway passes them on', async () => {
        const cgi = Object.entries(signed([secret])).map(([name, value]) => [`HTTP_${name.toUpperCase().replaceAll('-', '_')}`, value]);
        const [said] = await answers([secret.slice(6)], [[Object.fromEntries(cgi), body]]);
        assert.deepEqual(said.result, JSON.parse(body));
      });

      it('refuses what was signed but is not JSON', async () => {
        const text = 'hello';
        const [said] = await answers([secret], [[signed([secret], { text }), text]]);
        assert.equal(said.error.code, 'bad_body');
      });
    });
});
