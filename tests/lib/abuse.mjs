// SPDX-License-Identifier: ISC
// All that one user can try in order to make Redis, the database or a worker grow: requests for startFlood(), by what they try.

const CONNECTIONS = 32;
const POLLS = 200; // more than a user may have waiting

/** Of a user with TOKEN in workspace WS, in which there are members m0 to m999, whose cursor is SINCE. */
export function abuses({ ws, token, since }) {
  const room = `/rollcall/v1/workspaces/${ws}`;
  const post = (what, body, more) => ({ method: 'POST', path: `${room}/${what}`, body: JSON.stringify(body), token, ...more });
  const get = what => ({ method: 'GET', path: `${room}/${what}`, token });
  const members = (from, n) => Array.from({ length: n }, (_, i) => `m${(from + i) % 1000}`);
  const unknown = Array.from({ length: 500 }, (_, i) => `%i-${i}-${'x'.repeat(100)}`);
  const all = {
    'joins with ever new names': [post('join', { session: 'join-%i' })],
    'heartbeats of ever new names': [post('heartbeat', { session: 'beat-%i' })],
    'leaves with ever new names': [post('leave', { session: 'leave-%i', now: true })],
    'joins and leaves': [post('join', { session: 'come-and-go' }), post('leave', { session: 'come-and-go', now: true })],
    'statuses in turn': ['active', 'away'].map(status => post('heartbeat', { session: 'session-f', status })),
    'polls of ever new names': [get(`stream?since=${since}&wait=25&session=poll-%i`)],
    'polls that wait': [get(`stream?since=${since}&wait=25`)],
    'polls for 500 strangers each': [post('stream', { since, wait: 25, users: unknown })],
    'polls for 500 members each': [post('stream', { since, wait: 25, users: members(0, 500) })],
    'polls from the beginning': [get('stream?wait=0')],
    'groups of 50': Array.from({ length: 100 }, (_, i) => post('dms', { participants: members(i * 49, 49), name: 'n'.repeat(256) })),
    'conversations with each': Array.from({ length: 1000 }, (_, i) => post('dms', { participants: [`m${i}`] })),
    'groups with ever new keys': Array.from({ length: 50 }, (_, i) => post('dms', { participants: members(i * 3, 3) }, { key: `${'k'.repeat(200)}%i` })),
    'statuses of 500 strangers': [post('status', { users: unknown })],
    'pages of everything': [get('members?limit=1000'), get('status?limit=1000'), get('dms?limit=1000')],
    'bodies of 250 KB': [post('stream', { since: 'x'.repeat(250000), wait: 0 })],
    'who they are': [{ method: 'GET', path: '/rollcall/v1/me', token }],
  };
  return Object.entries(all).map(([what, requests]) => ({
    what,
    requests,
    connections: /^polls (of|that|for)/.test(what) ? POLLS : CONNECTIONS,
  }));
}
