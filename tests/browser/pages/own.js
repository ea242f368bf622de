// SPDX-License-Identifier: ISC
// What a test's page shows is told by the JSON in its address: { workspace, token, transport, dots: [user...],
// lists: [element name...], client: options for a client of its own in place of <rollcall-session>, labels }.
import { Rollcall } from './rollcall.js';

const {
  workspace,
  token,
  transport = 'auto',
  dots = [],
  lists = [],
  attributes = {},
  client,
} = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const here = document.getElementById('here');

window.Rollcall = Rollcall;
window.heard = []; // [event type, detail] of each event

function listen(rollcall) {
  window.client = rollcall;
  for (const type of ['change', 'status', 'error', 'refetch', 'resync', 'stream'])
    rollcall.addEventListener(type, ({ detail }) => window.heard.push([type, detail]));
}

for (const user of dots) {
  const line = document.createElement('p');
  const dot = document.createElement('rollcall-dot');
  dot.setAttribute('user', user);
  line.append(`${user} `, dot);
  here.append(line);
}
for (const name of lists) here.append(document.createElement(name));

if (client) {
  listen(Rollcall.connect({ workspace, token, transport, ...client }));
} else {
  const session = document.createElement('rollcall-session');
  for (const [name, value] of Object.entries({ url: '/presence', workspace, token, transport, ...attributes }))
    session.setAttribute(name, value);
  document.body.append(session);
  await null;
  await null; // an element takes its attributes together
  listen(session.rollcall);
}
