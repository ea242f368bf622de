// SPDX-License-Identifier: ISC
// Whether the lists of statuses, members and conversations were true: who is in them, as what, and who is not.

const isCovered = (list, user) =>
  (list.after === undefined || user > list.after) && (list.body.next === undefined || user <= list.body.next);

const entriesOf = body => body.users ?? body.members ?? body.dms.flatMap(dm => dm.participants);

/** What a list says: [{ user, entry }], null for those whom it leaves out as not being there. USERS: everyone. */
export function saidBy(list, users) {
  const said = entriesOf(list.body).map(entry => ({ user: entry.user, entry }));
  if (list.kind !== 'status' || list.users) return said;
  const listed = new Set(said.map(({ user }) => user));
  const absent = users.filter(user => !listed.has(user) && isCovered(list, user));
  return [...said, ...absent.map(user => ({ user, entry: null }))];
}

function judgeStatuses(model, list, found) {
  const { patience } = model;
  const isLost = patience.fault?.amnesia && patience.troubled(list.sent, list.done);
  for (const layer of model.layers)
    for (const { user, entry } of saidBy(list, model.history.users)) {
      const value = entry ? layer.read(entry) : layer.absent;
      const spans = isLost ? layer.evenSo(user, value) : layer.may(user, value);
      if (spans.touches(patience.oldest(list.sent), list.done)) continue;
      const how = entry ? `says that ${user} is ${value}` : `leaves out ${user}`;
      found('untrue', {
        at: list.done,
        who: list.user,
        user,
        what: `the list of ${list.kind} ${how}, which is not true`,
        event: list,
      });
    }
}

/* A list of all who are here, or have something to say, has nobody else. */
function judgeListed(model, list, found) {
  const { body, kind, since } = list;
  const all = kind === 'status' ? !list.users && body.users : (since === undefined || body.resync) && body.changes;
  for (const entry of all || [])
    if (model.layers.every(layer => layer.read(entry) === layer.absent))
      found('spurious', {
        at: list.done,
        who: list.reader ?? list.user,
        user: entry.user,
        what: `got ${entry.user} in the list of those who are here, as ${entry.status}`,
        event: list,
      });
}

/* Who must be in a list of members, and who must not. */
function judgeMembers(model, list, found) {
  const listed = new Set(entriesOf(list.body).map(({ user }) => user));
  const report = (user, what) =>
    found('untrue', {
      at: list.done,
      who: list.user,
      user,
      what: `the list of ${list.kind} ${what} ${user}`,
      event: list,
    });
  for (const user of listed)
    if (!model.roster.member(user).touches(list.sent, list.done)) report(user, 'has, who is not a member,');
  if (list.kind === 'dms') return;
  const asked = list.kind === 'status' ? (list.users ?? []) : model.history.users.filter(user => isCovered(list, user));
  for (const user of asked)
    if (!listed.has(user) && !model.roster.stranger(user).touches(list.sent, list.done)) report(user, 'lacks');
}

const listKinds = ['status', 'members', 'dms'];
const fullKinds = ['status', 'join', 'poll'];

/** Reports to FOUND what is untrue in the lists that were read. 304 says again what the list with that ETag said. */
export function judgeLists(model, found) {
  for (const list of model.history.events) {
    if (list.odd || (list.code !== 200 && list.code !== 201 && list.code !== 304)) continue;
    if (list.code !== 304 && fullKinds.includes(list.kind)) judgeListed(model, list, found);
    if (!listKinds.includes(list.kind)) continue;
    judgeStatuses(model, list.code === 304 ? { ...list, body: list.known } : list, found);
    if (list.code === 200 && (list.kind !== 'status' || list.users)) judgeMembers(model, list, found);
  }
}
