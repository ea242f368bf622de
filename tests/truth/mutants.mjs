// SPDX-License-Identifier: ISC
//
// Small wrongs, each of which makes Rollcall say something untrue, or too late. `tests/truth/mutants` builds a daemon with each
// of them and has the truth checker look at it: one that it does not find is a fault of the checker.
//
// A mutant is { what, edits, check }. Its edits replace FROM, which has to occur exactly once in FILE (below src/), by TO. check
// is what brings it out, laid over USUAL; a fault is a name of faults.mjs.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const usual = { web: 'lighttpd', seconds: 25 };

const beat = 'presence/lua/beat.lua';
const beatHead = 'presence/lua/beat.head.lua';
const leave = 'presence/lua/leave.lua';
const records = 'presence/lua/records.part.lua';
const state = 'presence/lua/state.part.lua';
const endings = 'presence/lua/endings.part.lua';
const sessions = 'presence/lua/sessions.part.lua';
const expire = 'presence/lua/expire.lua';
const at = 'presence/lua/at.lua';
const places = 'presence/lua/places.part.lua';
const hand = 'presence/lua/hand.part.lua';
const reading = 'view/reading.c';
const page = 'view/view_page.c';
const sync = 'presence/sync_step.c';

const mutant = (what, file, from, to, check = {}) => ({ what, edits: [{ file, from, to }], check });
const several = (what, edits, check = {}) => ({ what, edits: edits.map(([file, from, to]) => ({ file, from, to })), check });

export const mutants = {
  /* ---- leases ---- */
  'lapse-untold': mutant(
    'a lease that runs out is taken, and nobody is told',
    expire,
    'return why and settle(ws, u, group.user, why, group.kept)',
    'return nil',
  ),
  'lapse-stays': mutant(
    'a lease that has run out is never taken',
    expire,
    "if ARGV[4] == '1' or #members + #ended == 0 then",
    'if true then',
  ),
  'poll-lease-short': mutant(
    'a poll leases less than its own wait',
    'base/conf.c',
    'return ((long)longest + self->gap_s) * 1000;',
    'return ((long)longest - self->gap_s) * 1000;',
  ),
  'poll-lease-long': mutant(
    'a poll leases three seconds more than is promised',
    'base/conf.c',
    'return ((long)longest + self->gap_s) * 1000;',
    'return ((long)longest + self->gap_s + 3) * 1000;',
  ),
  'beat-renews-nothing': mutant(
    'a plain heartbeat does not renew its lease',
    beatHead,
    "call('ZADD', KEYS[1], format('%d', now + lease)",
    "call('ZADD', KEYS[1], kind == 'heartbeat' and 'NX' or 'XX', format('%d', now + lease)",
  ),
  'beat-revives-silently': mutant(
    'a heartbeat of a session that had lapsed does not say that it is back',
    beat,
    "alive = status ~= 'x' and redis.call('ZSCORE', due, member) and 1 or 0",
    'alive = 1',
  ),

  /* ---- graces ---- */
  'leave-grace-short': mutant(
    'a leave with grace ends the session in a quarter of it',
    leave,
    'now + tonumber(ARGV[5])), member)',
    "now + tonumber(ARGV[5]) / (mode == 'grace' and 4 or 1)), member)",
  ),
  'leave-grace-ignored': mutant(
    'a leave with grace leaves the lease as it was',
    leave,
    "redis.call('ZADD', due, math.min(deadline or math.huge, now + tonumber(ARGV[5])), member)",
    "redis.call('ZADD', due, mode == 'grace' and deadline or now + tonumber(ARGV[5]), member)",
  ),
  'closed-ignored': mutant(
    'nothing follows when a waiting client is gone',
    'api/resources/stream_wake.c',
    'if (woken.session)',
    'if (woken.session && woken.seq < 0)',
    { web: 'nginx' },
  ),
  'closed-without-grace': mutant(
    'a connection that closes ends its session at once',
    'presence/beats.c',
    'leave->mode == LEAVE_CLOSED ? self->conf->closed_grace_s',
    'leave->mode == LEAVE_CLOSED ? 0',
    { web: 'nginx' },
  ),
  'closed-overtakes': mutant(
    'a connection that closes cuts the lease though a later poll holds the session',
    leave,
    "if mode == 'closed' and (lost or tonumber(beat) > tonumber(ARGV[6])) then",
    'if false then',
    { web: 'nginx', seconds: 40, fault: 'channel-slow' },
  ),

  /* ---- tabs, and the order of beats ---- */
  'tab-counts-twice': mutant(
    'each new session is recorded twice, and the second is never ended',
    beat,
    "redis.call('HSET', u, session, status .. ' - ' .. n .. ' ' .. text(beat) .. ' ' .. worker .. ending)",
    "for _, name in ipairs({session, session .. '2'}) do redis.call('HSET', u, name, status .. ' - 0 ' .. text(beat) .. ' -') end",
  ),
  'last-tab-wins': mutant(
    'a user is what the last of their sessions is, not the best',
    records,
    'best = RANK[status] > RANK[best] and status or best',
    'best = status',
  ),
  'leave-takes-all': mutant(
    'the leave of one tab makes the user offline',
    leave,
    "return reply(code, settle(ws, u, user, 'leave'))",
    "return reply(code, change(ws, user, 'offline', now, 'leave', ''))",
  ),
  'tombstone-missing': mutant(
    'a session that was ended is forgotten at once, so that a late beat brings it back',
    endings,
    "redis.call('HSET', u, session, 'x - 0 ' .. text(ws.now * 1000) .. ' -')",
    "redis.call('HDEL', u, session)",
  ),
  'overtaken-beat-believed': several(
    'a beat that a later one has overtaken is believed',
    [
      [beat, 'if ahead < 0 then', 'if false then'],
      [beatHead, 'tonumber(given) > tonumber(n))', 'tonumber(given) >= 0)'],
    ],
    { seconds: 40 },
  ),

  /* ---- changes ---- */
  'away-untold': mutant(
    'nobody is told that somebody went away',
    beat,
    'if status ~= before or (RANK[shown] or -1) < RANK[least] or is_news then',
    'if (RANK[shown] or -1) < RANK[least] or is_news then',
  ),
  'change-repeated': mutant(
    'what is known already is told as a change',
    sessions,
    'if status ~= shown then',
    'if true then',
  ),
  'seq-stands': mutant(
    'a leave has the seq of the change before it',
    state,
    "ws.seq = redis.call('HINCRBY', ws.meta, 'seq', 1)",
    "ws.seq = redis.call('HINCRBY', ws.meta, 'seq', why == 'leave' and 0 or 1)",
  ),
  'gap-skipped': several(
    'a change that comes too early is taken, and the one before it skipped',
    [
      [sync, 'if (other || seq > head + 1)', 'if (other)'],
      [sync, 'else if (seq == head + 1)', 'else if (seq > head)'],
      ['view/view.c', 'if (change->seq != self->head + 1)', 'if (change->seq < 0)'],
    ],
    { fault: 'channel-slow' },
  ),
  'channel-deaf': mutant(
    'a worker does not listen to what others changed',
    'presence/presence.c',
    'view_sync_change(self, workspace, meta_epoch, &change);',
    'if (change.seq < 0) view_sync_change(self, workspace, meta_epoch, &change);',
  ),
  'removal-untold': mutant(
    'a removed member stays as they were',
    'presence/lua/evict.lua',
    "local seq, status, since, removed = change(ws, user, 'offline', now, 'removed', '')",
    "local seq, status, since, removed = change(ws, '\\1', '{\"since\":0}', '-', now, '-', '') status, removed = 'offline', 'removed'",
  ),
  'refetch-missing': mutant(
    'nobody is told to fetch the members again',
    page,
    'answer.members = mark_passed(key, &answer.next, self->roster_seq);',
    'answer.members = false;',
  ),
  'refetch-dms-missing': mutant(
    'nobody is told to fetch their conversations again',
    page,
    'answer.dms = answer.dms || (dms > 0 && mark_passed(&key, &answer.next, dms));',
    'answer.dms = false;',
  ),

  /* ---- statuses by hand ---- */
  'invisible-seen': mutant(
    'others see somebody invisible as they are',
    hand,
    "return status, string.find(mode, 'i', 1, true) and 'offline' or status",
    'return status, status',
  ),
  'end-untold': mutant(
    'what ends is told to nobody until something else changes',
    expire,
    'return settle(ws, u, user)',
    'return nil',
  ),
  'since-moves': mutant(
    'a message moves since',
    sessions,
    'return change(ws, user, status, since, why, note)',
    'return change(ws, user, status, ws.now, why, note)',
  ),
  'own-untold': mutant(
    'the tabs of a user are not told what the user says by hand',
    'presence/own_news.c',
    'bool waits = parked_own(presence->parked, view, user, len);',
    'bool waits = false;',
  ),

  /* ---- places ---- */
  'place-begin-untold': mutant(
    'nobody is told that somebody is at a place until something else happens there',
    at,
    "places.tell(ws, added and '+' or given and '-' or '!', user, session, mine)",
    'changed = true',
  ),
  'place-end-untold': mutant(
    'nobody is told that somebody is not at a place any more, until what is done there would have ended anyway',
    places,
    "places.tell(ws, sign or '-', user, session, one)",
    'one.ends = ends',
  ),
  'place-outlives': mutant(
    'what is done at a place goes on for two seconds after its time',
    'presence/lua/place.lua',
    "'(' .. text(now)",
    "'(' .. text(now - 2000)",
  ),
  'place-renewed-in-vain': several('what is said again of a place ends as if it had not been', [
    ['presence/lua/at.head.lua', "'XX', 'CH', format('%d', ends), member)", "'XX', 'CH', format('%d', before + 1), member)"],
    ['presence/lua/stay.head.lua', "'XX', 'CH', score, member)", "'XX', 'CH', format('%d', last + 1), member)"],
    ['presence/lua/stay.lua', "'XX', 'CH', ends, places", "'XX', 'CH', one.ends + 1, places"],
  ]),
  'place-outlives-session': several('a session that ends leaves behind what it did at places', [
    [endings, 'if got[2] then', 'if false then'],
    [leave, 'make_places().end_all(ws, u, user, session, got[2])', 'got[2] = nil'],
  ]),
  'place-outlives-page': mutant(
    'a leave with grace does not stop typing',
    leave,
    "make_places().end_all(ws, u, user, session, got[2], 'typing', 1000)",
    'got[2] = nil',
    { seconds: 40 },
  ),
  'place-overtaken-believed': mutant(
    'a stop that has overtaken what it stops is forgotten',
    at,
    "if same and (one.doing == doing or one.doing == '*') and given and given < one.n then",
    'if false then',
  ),
  'place-of-the-invisible': mutant(
    'somebody invisible is at places',
    hand,
    "return string.find(mode, 'i', 1, true) or doing == 'typing'",
    "return doing == 'typing'",
    { seconds: 40 },
  ),
  'typing-though-unwanted': mutant(
    'others are told of the typing of somebody who does not want that',
    hand,
    "doing == 'typing' and string.find(note, ',\"typing\":false', 1, true)",
    'false',
    { seconds: 60 },
  ),
  'typing-told-though-unwanted': mutant(
    'who does not want to know who types is told it',
    'api/resources/stream_places.c',
    '? PLACE_QUIET : PLACE_ALL',
    '? PLACE_ALL : PLACE_ALL',
  ),
  'place-of-others': several('a follower is told who types in conversations of another one', [
    [reading, 'places_dms_of(self->places, self->user, self->user_len, &count)', 'places_dms_of(self->places, "f001", 4, &count)'],
    [reading, 'if (!place_is_open_to(place, self->user, self->user_len))', 'if (!place)'],
  ]),
  'place-open-to-others': mutant(
    'everybody may read who is in a conversation',
    'api/shared/place_params.c',
    'if (result != DIRECTORY_NOT_FOUND)',
    'if (result == DIRECTORY_NOT_FOUND)\n        return true;\n    if (true)',
  ),
  'place-repeated': mutant(
    'a reader of places is told the same set again',
    reading,
    'if (mark_now(self, places[i], now_ms) != told_of(told_by(self), places[i]->mark))',
    'if (mark_now(self, places[i], now_ms) != told_of(told_by(self), places[i]->mark) || place_is_known(places[i], now_ms))',
  ),

  /* ---- cursors and pages ---- */
  'cursor-high': mutant(
    'a cursor is one ahead',
    page,
    'cursor_at(self, key->kind == PAGE_NOTHING ? key->seq : self->head, 0)',
    'cursor_at(self, key->kind == PAGE_NOTHING ? key->seq : self->head + 1, 0)',
  ),
  'cursor-low': mutant(
    'a cursor is one behind',
    page,
    'cursor_at(self, key->kind == PAGE_NOTHING ? key->seq : self->head, 0)',
    'cursor_at(self, key->kind == PAGE_NOTHING ? key->seq : self->head - (self->head > 0), 0)',
  ),
  'page-drops-one': mutant(
    'between two pages one change is lost',
    page,
    'self->picked[key->limit - 1]->seq',
    'self->picked[key->limit]->seq',
  ),
  'resync-unsaid': mutant(
    'a full answer does not say that it is one',
    page,
    'resync ? ",\\"resync\\":true"',
    'resync ? ",\\"resync\\":false"',
    { fault: 'redis-empty' },
  ),
  'narrowed-asleep': mutant(
    'a poll that follows some people is not woken by them',
    'view/parked_window.c',
    'watch_each(entry, concern, parked);',
    '(void)concern;',
  ),
  'narrowed-restless': mutant(
    'a poll that follows some people is woken by others',
    'view/parked_window.c',
    'watch_each(entry, concern, parked);',
    'concern_queue(parked, &parked->filtered);',
  ),
  'news-late': mutant(
    'changes that follow each other wait for two seconds',
    'view/parked_window.c',
    'parked->window_ms = number_least(window_ms, longest_ms(parked));',
    'parked->window_ms = WINDOW_MAX_MS + number_least(window_ms, longest_ms(parked));',
  ),

  /* ---- what is read once ---- */
  'listing-keeps-offline': mutant(
    'who went offline stays among those who are not',
    'view/view.c',
    'view_sorted_remove(&self->sorted, entry);',
    '(void)0;',
  ),
  'etag-stale': mutant(
    'a status that changed is answered 304',
    'http/etag.c',
    'strstr(if_none_match, tag)',
    'strncmp(if_none_match, tag, 10) == 0',
  ),
  'partner-stale': mutant(
    'a conversation shows its participants as offline',
    'api/shared/dm_page.c',
    'render_presence(out, seen->view, row->participants[i].user, &seen->reader);',
    'render_text(out, "user", row->participants[i].user), render_text(out, ",status", "offline");',
  ),

  /* ---- faults ---- */
  'expiry-not-held': mutant(
    'a Redis that stood still takes people offline',
    'presence/expiry_step.c',
    'self->hold_until_ms = until_ms;',
    'self->hold_until_ms = now_ms;',
    { fault: 'redis-stopped' },
  ),
  'outage-not-held': mutant(
    'people whose beats Redis has refused are taken offline',
    'presence/expiry_step.c',
    'return lost_ms(self, now_ms) > EXPIRY_OUTAGE_MS;',
    'return lost_ms(self, now_ms) < 0;',
    { fault: 'redis-away' },
  ),
  'loss-forgotten': mutant(
    'a connection that comes and goes counts as one that is there',
    'presence/expiry_step.c',
    'return self->usable_ms > 0 && now_ms - self->usable_ms >= EXPIRY_STEADY_MS;',
    'return self->usable_ms > 0 && now_ms >= self->usable_ms;',
    { fault: 'clients-killed-always' },
  ),
  'outage-unseen': mutant(
    'a worker that is started during an outage does not know of it',
    'presence/expiry_step.c',
    'self->failing_ms = steady_ms;',
    'self->failing_ms = 0 * steady_ms;',
    { fault: 'redis-away-reload' },
  ),
  'unknown-lapse': mutant(
    'people whom nobody can identify are taken offline',
    'presence/expiry.c',
    'bool known = directory_revision(self->directory) >= 0;',
    'bool known = true;',
    { fault: 'database-replaced' },
  ),
  'epoch-ignored': mutant(
    'another epoch is taken for the one before',
    sync,
    'if (strcmp(page->epoch, view_epoch(self->view)) != 0) {',
    'if (!*view_epoch(self->view)) {',
    { fault: 'flushall' },
  ),
  'head-unchecked': mutant(
    'views are not compared with Redis',
    sync,
    'if (now_ms < self->check_ms || !up)',
    'if (now_ms > 0)',
    { fault: 'flushall-at-rest' },
  ),

  /* ---- streams of events ---- */
  'stream-page-lost': mutant(
    'a stream is not told of the second page until something else changes',
    'api/resources/events.c',
    'told->more = next.head > 0 || view_has_news(view, next.seq, &query) ||',
    'told->more =',
  ),
  'stream-asleep': mutant(
    'a stream that was told something is never told again',
    'view/parked_stream.c',
    'poll->concerned = poll->stream->held || has_more;',
    'poll->concerned = true;',
  ),
  'stream-stale': mutant(
    'a stream is told what another one was told before',
    'api/resources/events.c',
    'if (last->body != body) {',
    'if (!last->body || random_below(20) > 0) {',
  ),
};

/** The files below SRC that EDITS change: [{ path, text }]. Throws if something that is to be replaced is not there once. */
export function withEdits(edits, src) {
  const texts = new Map();
  for (const { file, from, to } of edits) {
    const path = join(src, file);
    const parts = (texts.get(path) ?? readFileSync(path, 'utf8')).split(from);
    assert.equal(parts.length, 2, `${file} does not have once: ${from}`);
    texts.set(path, parts.join(to));
  }
  return [...texts].map(([path, text]) => ({ path, text }));
}
