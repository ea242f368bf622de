// SPDX-License-Identifier: ISC
// Whether each request was answered as the contract says: its status, and what it says of the session and of the caller.
import { isUnclear } from './effect.mjs';
import { mayHaveLeft, mustHaveLeft, wasBefore } from './life.mjs';

/* What each kind of request may be answered; the rest needs a reason. */
const usual = {
  join: [200, 201],
  heartbeat: [200],
  poll: [200],
  leave: [204],
  status: [200, 304],
  members: [200],
  dms: [200],
  dm: [200, 201],
  remove: [204],
  add: [200, 201],
  say: [200],
  unsay: [204],
  claim: [200, 201],
  unclaim: [204],
  at: [204],
  from: [204],
  place: [200],
  settings: [200],
};

/* What is written to the directory. */
const writes = new Set(['dm', 'remove', 'add', 'say', 'unsay', 'claim', 'unclaim', 'settings']);
const isWrite = ({ kind }) => writes.has(kind);

const isBeat = event => event.session !== undefined && (event.kind === 'heartbeat' || event.kind === 'poll');

/* Whether PLACE may not be open to the user of EVENT: a conversation of two ends if one of them is removed. */
function mayBeClosed({ user, place, done }, { places, removals }) {
  const partners = places.dms.get(place);
  return !places.isOpen(place, user) || (partners && removals.some(one => partners.has(one.user) && one.sent <= done));
}

/* What is said of a place needs a live session, and a conversation those who take part. */
function hasReasonAtPlace(event, model) {
  const { code, sent, done } = event;
  if (code === 404) return mayBeClosed(event, model);
  return code === 410 && event.kind === 'at' && model.sessionOf(event).offline.touches(model.patience.oldest(sent), done);
}

/* 403 needs a removal, 410 a leave. */
function hasReason(event, model) {
  const { code, user, sent, done } = event;
  if (code === 'dropped') return true;
  if (code === 403) return model.roster.stranger(user).touches(sent, done);
  if (code === 404 && event.kind === 'dm') return model.roster.stranger(event.other).touches(sent, done);
  if (event.place && hasReasonAtPlace(event, model)) return true;
  if (code === 410 && isBeat(event) && mayHaveLeft(model.sessionOf(event), event)) return true;
  /* What had left may be remembered, and a return forgotten. */
  if (code === 410) return model.patience.fault?.amnesia === true && model.patience.troubled(sent, done);
  return isUnclear(event) && (model.patience.troubled(sent, done) || (isWrite(event) && model.patience.mayRefuse(sent, done)));
}

function codeFault(event, model) {
  if (event.kind === 'closed') return '';
  if (event.odd) return event.odd;
  const { patience } = model;
  if (!usual[event.kind].includes(event.code))
    return hasReason(event, model) ? '' : `${event.kind} was answered ${event.code || event.error}`;
  if (
    event.user &&
    event.kind !== 'add' &&
    event.kind !== 'remove' &&
    !model.roster.member(event.user).touches(event.sent, event.done)
  )
    return `${event.kind} of somebody who is not a member was answered ${event.code}`;
  if (
    isBeat(event) &&
    !patience.troubled(event.sent, event.done) &&
    mustHaveLeft(model.sessionOf(event), event, model.times)
  )
    return `${event.kind} of a session that had left was answered ${event.code}`;
  return '';
}

/* 201 and `revived` say that the session was not live, 200 and no `revived` that it was. */
function lifeFault(event, model) {
  if (!['join', 'heartbeat'].includes(event.kind) || event.session === undefined) return '';
  if (model.patience.troubled(event.sent, event.done)) return '';
  const begun = event.kind === 'join' ? event.code === 201 : event.body.revived === true;
  const was = wasBefore(model.sessionOf(event), event);
  const said = event.kind === 'join' ? event.code : `revived: ${begun}`;
  if (begun && !was.over) return `${event.kind} says that its session had ended (${said})`;
  if (!begun && !was.live) return `${event.kind} says that its session had been live (${said})`;
  return '';
}

/* Heartbeats, and what is said by hand, are answered by what is true, whoever sees it. */
function ownFault(event, model) {
  if (!['heartbeat', 'say', 'claim'].includes(event.kind) || (model.patience.fault?.amnesia && model.patience.troubled(event.done))) return '';
  const { status } = event.body;
  const { patience, layers } = model;
  if (layers[0].own(event.user, status).touches(patience.oldest(event.sent), event.done)) return '';
  return `${event.kind} was answered that ${event.user} is ${status}`;
}

/** Reports to FOUND which replies are not as they should be. */
export function judgeReplies(model, found) {
  for (const event of model.history.events) {
    const report = (kind, what) =>
      what && found(kind, { at: event.done, who: event.reader ?? event.user, user: event.user, what, event });
    report('unexpected', codeFault(event, model));
    if (![200, 201].includes(event.code) || event.odd) continue;
    report('unexpected', lifeFault(event, model));
    report('untrue', ownFault(event, model));
  }
}
