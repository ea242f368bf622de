-- SPDX-License-Identifier: ISC
--
-- The end of a session, at once or after a grace in which any beat takes it back.
--
-- Parts  records state calls workers places hand endings sessions
-- KEYS   due state changed meta u
-- ARGV   workspace user session mode(now|grace|closed) grace_ms beat ttl_ms fresh_epoch channel max_tombstones
--        asked_ms(or "") held n
-- Reply  code epoch seq now_ms change_seq change_status change_since change_why change_note
--        code: ok; told, the same, and the worker with its latest poll is told of it; none, there was no such live
--        session; stale, a later poll or join holds it; late, Redis stood still meanwhile, and nothing was done.
--        The last five are "" if others see no change.
--
-- now     ended for good: for one ttl only join brings it back. The same holds for a session that is not known, whose
--         leave may have overtaken its beat, unless the user has max_tombstones records already.
-- grace   its user has left: the lease is cut to grace_ms (never lengthened); its lapse is the end for good.
-- closed  its connection was lost: the same, but the lapse is not for good, and only if no poll or join came after the
--         one that left `beat`. A heartbeat in between was sent before the connection was lost, or takes the session
--         back later.
--
-- A session that leaves stops typing at once. By a grace, what else it does at places ends a second later, so that a
-- reload is not seen there. A lost connection ends nothing of it before the lapse: a client may have begun another
-- poll.
--
-- What ends for good is told to the worker that has a stream of the session, on rollcall:worker:<worker>:
-- "left <beat> <workspace> <session> <user>"; so is the lapse of a lease, with "lapsed".
--
-- With an n, a leave is in order with the session's beats: one with a lower n than one seen before comes too late and
-- changes nothing, and a beat that was sent before a leave by a grace does not take it back.

local due, u = KEYS[1], KEYS[5]
local workspace, user, session, mode = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local ttl = tonumber(ARGV[7])
local now = clock()
local ws = {name = workspace, due = due, state = KEYS[2], changed = KEYS[3], meta = KEYS[4], channel = ARGV[9],
            fresh = ARGV[8], now = now, ttl = ttl, ended = ended_by(now, ARGV[11], ARGV[12])}
local member = workspace .. ' ' .. session .. ' ' .. user

open(ws)
local function reply(code, seq, status, since, why, note)
    return {code, ws.epoch, ws.seq, now, seq or '', status or '', since or '', why or '', note or ''}
end

if mode ~= 'closed' and is_late(now, ARGV[11]) then
    return reply('late')
end
local got = redis.call('HMGET', u, session, '@' .. session)
local status, flag, n, beat, worker, ending = read_record(got[1])
if status == 'x' then
    return reply('none')
end
local deadline = tonumber(redis.call('ZSCORE', due, member))
local lost = not status and deadline
if lost then -- evicted: what others see is the best guess at what it was
    local kept = redis.call('HMGET', ws.state, user, '\2' .. user)
    local shown, hand = read_state(user, kept[1]), make_hand()
    local mode = hand.read(kept[2])
    status, flag, n, beat, worker, ending = 'active', '-', '0', '0', '-', hand.ending('active', mode)
    if mode == '-' and shown == 'away' then
        status = 'away'
    end
    local _, live, _, over = census(ws, u, user)
    if live + #over == 0 then
        local stand_in = make_upkeep()
        stand_in(ws, u, user, shown, mode)
    end
end

local given = string.match(ARGV[13], '^%d+$')
if given and status and tonumber(given) < tonumber(n) then
    return reply('none')
end

-- Whether as many records as allowed are kept of the user, or more. Only then they are counted one by one: the hash may
-- have other fields, too. Returns the tombstones as well, if it had to.
local function is_full()
    local max = tonumber(ARGV[10])
    if redis.call('HLEN', u) < max then
        return false, {}
    end
    local _, live, tombstones, over = census(ws, u, user)
    return live + #tombstones + #over >= max, tombstones
end

if mode == 'now' and not status then -- was never here, or is long gone: nobody sees a change, and it costs little
    if not is_full() then
        local bury = make_endings()
        bury(ws, u, session, member)
    end
    return reply('none')
end
local code = mode ~= 'closed' and tell_worker(worker, '0', member) and 'told' or 'ok'
if mode == 'now' then
    if got[2] then
        make_places().end_all(ws, u, user, session, got[2])
    end
    local bury = make_endings()
    bury(ws, u, session, member, beat, worker)
    local full, tombstones = is_full()
    if full then
        local _, forget_oldest = make_upkeep()
        forget_oldest(due, u, workspace, user, tombstones, tonumber(ARGV[10]))
    end
    return reply(code, settle(ws, u, user, 'leave'))
end
if not status then
    return reply('none')
end
if mode == 'closed' and (lost or tonumber(beat) > tonumber(ARGV[6])) then -- lost: a later poll may have come
    return reply('stale')
end
if mode == 'grace' then
    flag = 'l'
    if got[2] then
        make_places().end_all(ws, u, user, session, got[2], 'typing', 1000)
    end
elseif flag ~= 'l' then -- a page that said goodbye has left, however its connection ends
    flag = 'c'
end
if mode == 'closed' then -- a stream is over, if that was one
    worker = string.gsub(worker, '%+$', '')
end
redis.call('ZADD', due, math.min(deadline or math.huge, now + tonumber(ARGV[5])), member)
redis.call('HSET', u, session, table.concat({status, flag, given or n, beat, worker}, ' ') .. ending)
keep(u, 2 * ttl)
return reply(code)
