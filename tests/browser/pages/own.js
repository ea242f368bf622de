// SPDX-License-Identifier: ISC
// What a test's page shows is told by the JSON in its address: { workspace, token, transport, dots: [user...],
// lists: [element name...], users: of those elements, one each, hears: [more events...], client: options for a client of
// its own in place of <rollcall-session> }.
import { Rollcall } from './rollcall.js';

const {
  workspace,
  token,
  transport = 'auto',
  dots = [],
  lists = [],
  users = [],
  hears = [],
  attributes = {},
  client,
} = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const here = document.getElementById('here');

window.Rollcall = Rollcall;
window.heard = []; // [event type, detail] of each event

function listen(rollcall) {
  window.client = rollcall;
  for (const type of ['change', 'status', 'error', 'refetch', 'resync', 'stream', ...hears])
    rollcall.addEventListener(type, ({ detail }) => window.heard.push([type, detail]));
}

for (const user of dots) {
  const line = document.createElement('p');
  const dot = document.createElement('rollcall-dot');
  dot.setAttribute('user', user);
  line.append(`${user} `, dot);
  here.append(line);
}
for (const [i, name] of lists.entries()) {
  const element = document.createElement(name);
  if (users[i]) element.setAttribute('user', users[i]);
  here.append(element);
}

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
