// SPDX-License-Identifier: ISC
// Whether polls were answered when and as the contract says: not early without news, not late, not more than was asked for, and
// with cursors that go on.
import { readCursor, stepFault } from './cursor.mjs';
import { mayBeOvertaken } from './life.mjs';

/** A poll may be answered this much early (ms): the server counts its wait from a later moment, in whole milliseconds. */
const EARLY = 60;

const isEmpty = body => !body.more && !body.resync && body.changes.length === 0 && !body.refetch && !body.places;

/* Another poll of its session was sent while it waited. */
const isSuperseded = (poll, polls) =>
  poll.session !== undefined &&
  polls.some(
    other =>
      other.id !== poll.id && other.session === poll.session && other.sent >= poll.sent && other.sent <= poll.done,
  );

function earlyFault(poll, polls, model) {
  const { body, sent, done, wait } = poll;
  if (!isEmpty(body) || done - sent >= wait - EARLY || poll.since === undefined) return '';
  if (isSuperseded(poll, polls) || model.patience.troubled(sent, done)) return '';
  /* A set may have changed, and changed back. */
  if (poll.places && model.places.mayMove(poll.user, poll.places, model.patience.oldest(sent), done)) return '';
  return `was answered without news after ${Math.round(done - sent)} ms of ${wait}`;
}

function repeatedUser(changes) {
  const seen = new Set();
  return changes.find(({ user }) => seen.size === seen.add(user).size)?.user;
}

function contentFault({ body, users, limit }) {
  const stranger = users && body.changes.find(({ user }) => !users.includes(user));
  if (stranger) return `was told of ${stranger.user}, whom it had not asked for`;
  const twice = repeatedUser(body.changes);
  if (twice !== undefined) return `was told of ${twice} twice in one answer`;
  if (limit && body.changes.length > limit) return `got ${body.changes.length} changes with limit ${limit}`;
  if (body.more && body.changes.length === 0) return 'got an empty page although there is more';
  return '';
}

/* The first poll that surely took the place of POLL. One that was overtaken has no place: it waits as one without a session. */
function successorOf(poll, polls, model) {
  if (poll.session === undefined || mayBeOvertaken(model.sessionOf(poll), poll)) return undefined;
  return polls.find(
    other => other.session === poll.session && other.code === 200 && other.sent > model.patience.due(poll.sent),
  );
}

function lateFault(poll, polls, model) {
  const { patience } = model;
  const { sent, done, wait, user } = poll;
  if (patience.troubled(sent, done)) return '';
  const arrived = sent + patience.lag(sent, sent + patience.bound);
  if (done > patience.due(arrived + wait))
    return `was answered after ${Math.round(done - sent)} ms, though it waits ${wait} ms`;
  const newer = successorOf(poll, polls, model);
  if (newer && done > patience.due(patience.due(newer.sent)))
    return `outlived by ${Math.round(done - newer.sent)} ms the poll that took its place`;
  const removal = model.removals.find(one => one.user === user && one.code === 204 && one.sent > sent);
  if (removal && done > patience.due(patience.followed(removal.done)))
    return `outlived by ${Math.round(done - removal.done)} ms the removal of its member`;
  return '';
}

/* A cursor from before the end of a fault may be given up, even later, by a reader who paused meanwhile. */
function mayBeginAgain({ sent, done, sinceAt }, patience) {
  const { fault } = patience;
  if (!fault || fault.resync === false) return false;
  return done >= fault.from && Math.min(sent, sinceAt) <= patience.due(fault.to);
}

function cursorFault(poll, { patience }) {
  const { body, since } = poll;
  if (mayBeginAgain(poll, patience)) return readCursor(body.cursor) ? '' : `${body.cursor} is not a cursor`;
  if (body.resync) return `was told to begin again (resync) after ${since}`;
  return stepFault(since, body.cursor);
}

function judgePoll(poll, polls, model, found) {
  const report = (kind, what) =>
    what && found(kind, { at: poll.done, who: poll.reader ?? poll.user, user: poll.user, what, event: poll });
  if (poll.code !== 'dropped') report('unexpected', lateFault(poll, polls, model));
  if (poll.code !== 200 || !poll.body) return;
  report('spurious', contentFault(poll));
  report('spurious', earlyFault(poll, polls, model));
  report('cursor', cursorFault(poll, model));
}

/** Reports to FOUND what is wrong with the polls among EVENTS, all of one reader. */
export function judgePolls(model, events, found) {
  const polls = events.filter(event => event.kind === 'poll');
  const got = new Map(); /* cursors, with when the reader got them */
  for (const event of events) {
    if (event.kind === 'poll')
      judgePoll({ ...event, sinceAt: got.get(event.since) ?? event.sent }, polls, model, found);
    if (event.body?.cursor && !got.has(event.body.cursor)) got.set(event.body.cursor, event.done);
  }
}
