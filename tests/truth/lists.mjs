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
  if (patience.fault?.amnesia && patience.troubled(list.sent, list.done)) return;
  for (const layer of model.layers)
    for (const { user, entry } of saidBy(list, model.history.users)) {
      const value = entry ? layer.read(entry) : layer.absent;
      if (layer.may(user, value).touches(patience.oldest(list.sent), list.done)) continue;
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

/** Reports to FOUND what is untrue in the lists that were read. 304 says again what the list with that ETag said. */
export function judgeLists(model, found) {
  const lists = model.history.events.filter(
    event =>
      ['status', 'members', 'dms'].includes(event.kind) && !event.odd && (event.code === 200 || event.code === 304),
  );
  for (const list of lists) {
    if (list.code === 304) {
      judgeStatuses(model, { ...list, body: list.known }, found);
      continue;
    }
    judgeStatuses(model, list, found);
    if (list.kind !== 'status' || list.users) judgeMembers(model, list, found);
  }
}
