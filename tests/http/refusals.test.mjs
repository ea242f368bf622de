// SPDX-License-Identifier: ISC
// Error messages for administrators' mistakes: what is wrong, with its name, and what to do.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startStack } from '../lib/stack.mjs';

const json = value => JSON.stringify(value);
const many = n => Array.from({ length: n }, (_, i) => `u${i}`);
const token = { user: 'u0' };
const years = /^"expires_in" must be a whole number of seconds, from 1 to 3162240000 \(a hundred years\)\.$/;
const wantsTwo = /^"participants" must be the ids of 2 to 50 members\.$/;
const id = /^Invalid id in the path: it must be a whole number above 0 and below 2\^63\.$/;
const noWorkspace = /^Workspace "none" not found\.$/;

/* Method, path below /v1/admin (WS: a workspace with u0, u1, u2), body, status, and what is said. */
const rows = [
  ['POST', '/tokens', json({ ...token, expires_in: 1764043200000 }), 400, years],
  ['POST', '/tokens', json({ ...token, expires_in: 0 }), 400, years],
  ['POST', '/tokens', json({ ...token, expires_in: '1d' }), 400, years],
  ['POST', '/tokens', json({ ...token, expires: 86400 }), 400, /"expires" in the body. Did you mean "expires_in"\?/],
  ['POST', '/tokens', json({ ...token, admin: true }), 400, /^Say whose token it is/],
  ['DELETE', '/tokens/999999', undefined, 204],
  ['DELETE', '/tokens/99999999999999999999', undefined, 400, id],
  ['DELETE', '/tokens/x', undefined, 400, id],
  ['GET', '/tokens?limit=99999999999999999999', undefined, 200],
  ['GET', '/tokens?limit=1e1', undefined, 400, /^"limit" must be a whole number of at least 1\.$/],
  ['GET', '/workspaces/', undefined, 404, /^The path ends with a slash. Leave it out\.$/],
  ['GET', '//workspaces', undefined, 404, /^The path has two slashes in a row. Leave one out\.$/],
  ['GET', '/WS/members/', undefined, 404, /^The path ends with a slash/],
  ['DELETE', '/workspaces/', undefined, 404, /^The path ends with a slash/],
  ['GET', '/workspaces/none', undefined, 404, noWorkspace],
  ['GET', '/workspaces/none/members', undefined, 404, noWorkspace],
  ['POST', '/workspaces/none/members', '{"user":"x"}', 404, noWorkspace],
  ['GET', '/workspaces/none/members/x', undefined, 404, noWorkspace],
  ['PUT', '/workspaces/none/members/x', '{}', 404, noWorkspace],
  ['DELETE', '/workspaces/none/members/x', undefined, 404, noWorkspace],
  ['PUT', '/workspaces/none/member?user=x', '{}', 404, noWorkspace],
  ['GET', '/workspaces/none/dms', undefined, 404, noWorkspace],
  ['PUT', '/workspaces/none/dms/1', json({ participants: ['a', 'b'] }), 404, noWorkspace],
  ['GET', '/workspaces/none/sessions?user=x', undefined, 404, noWorkspace],
  ['DELETE', '/workspaces/none/sessions?user=x', undefined, 404, noWorkspace],
  ['GET', '/workspaces/none/explain/x', undefined, 404, noWorkspace],
  ['GET', '/workspaces/none/explain?user=x', undefined, 404, noWorkspace],
  ['DELETE', '/workspaces/none', undefined, 204],
  ['DELETE', '/workspaces/none/dms/1', undefined, 204],
  ['GET', '/WS/members/none', undefined, 404, /^"none" is not a member of "WS"\.$/],
  ['DELETE', '/WS/members/none', undefined, 204],
  ['PUT', '/WS/dms/5', '{}', 400, wantsTwo],
  ['PUT', '/WS/dms/5', json({ participants: ['u0'] }), 400, wantsTwo],
  ['PUT', '/WS/dms/5', json({ participants: many(51) }), 400, wantsTwo],
  ['PUT', '/WS/dms/5', json({ participants: ['u0', 'u1', 'u0'] }), 400, /^"participants" names "u0" twice\.$/],
  ['PUT', '/WS/dms/5', json({ participants: ['u0', 'eve'] }), 400, /^"eve" is not a member of this workspace\.$/],
  ['PUT', '/WS/dms/9007199254740993', json({ participants: ['u0', 'u1'] }), 400, /at most 4503599627370496\.$/],
  ['POST', '/WS/members', '{"user":"a"}\n\n{"user":"b"\n', 400, /^Line 3: Invalid JSON at column \d+: /],
  ['POST', '/WS/members', 'user,name\nann,Ann\n', 400, /^Line 1: .* Each line must be an object of its own\./],
  ['POST', '/WS/members', Buffer.from('fffe7b007d00', 'hex'), 400, /UTF-16\. Send it in UTF-8\./],
];

describe('an administrator', { concurrency: 8 }, () => {
  let stack, ws, audits;
  before(async () => {
    stack = await startStack({ conf: { ttl: 60, heartbeat: 30 } });
    [{ ws }] = await stack.room(3);
    audits = () => stack.log().match(/token\.revoke/g)?.length ?? 0;
  });
  after(() => stack?.stop());

  for (const [method, path, body, status, said] of rows) {
    it(`is told what is wrong: ${method} ${path} ${String(body ?? '').slice(0, 40)}`, async () => {
      const answer = await stack.adm(method, path.replace('/WS', `/workspaces/${ws}`), { body });
      assert.equal(answer.status, status, JSON.stringify(answer.body));
      if (said) assert.match(answer.body.detail.replace(ws, 'WS'), said);
    });
  }

  it('does not read in the log that a token was revoked which never was', async () => {
    const before = audits();
    await stack.adm('DELETE', '/tokens/999998');
    const { body } = await stack.adm('POST', '/tokens', { body: { user: 'u0' } });
    await stack.adm('DELETE', `/tokens/${body.id}`);
    assert.equal(audits(), before + 1);
  });

  it('is told by status that nobody was asked for', async () => {
    const { status, body } = await stack.as('u0', ws).ask('POST', 'status', { body: {} });
    assert.deepEqual([status, body.detail], [400, '"users" is missing. Send an array of user ids.']);
  });
});
