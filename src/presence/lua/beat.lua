-- SPDX-License-Identifier: ISC
--
-- A sign of life: renews a session's lease, notes its status, settles its user.
--
-- Parts  records state calls workers places hand endings sessions
-- KEYS   due state meta u, and with said: ends. The workspace's other keys begin as state does.
-- ARGV   member("<workspace> <session> <user>") session kind(join|heartbeat|poll|renew) status(active|away|"": as
--        before) n lease_ms(of a heartbeat: the ttl) asked_ms(or "") terms, and after the code ask: said. Each argument
--        costs every beat: so what the plain renewal needs none of is in the terms, with a space between each.
--        terms: ttl_ms worker fresh_epoch sessions tombstones held wait_ms, and of a renewal beat ends_ms age_ms
--        worker: - if it is no poll; of a poll without an n, followed by / and the status that it says, if any; of a
--        stream, followed by +
--        said: what the user says by hand, or "" for nothing
-- Reply  "code epoch seq now_ms own_status alive beat", and " change_seq change_status change_since change_why" if
--        others see a change, with "\n<note>" if there is a note. It is one text, because lists cost Redis more.
--        code: ok; told, the same, and another worker is told of it, or this one; again, a poll that was sent again;
--        stale, a renewal that was overtaken; gone, the session was ended (only join begins it again); full, its user
--        has as many other sessions as allowed; late, Redis stood still meanwhile, and nothing was done; ask, nothing
--        is kept of the user, who must not be seen before it is known what they say by hand, and nothing was done.
--        alive: 1 if the session was live before. beat: of its latest poll or join; 0 for a beat that came too late.
--
-- The latest beat decides how long the lease is, and ends a grace. A beat with a lower n than one seen before comes
-- too late and changes nothing; a join starts n again. Each poll and join leaves a number with the session, larger
-- than any before. A poll that comes to another worker than the session's last one is told to that worker, on
-- rollcall:worker:<worker>: "<beat> <workspace> <session> <user>", and ends the polls of this session that have a lower
-- beat.
--
-- When a worker dies, a proxy sends the polls that waited there again, to another worker. Such a poll belongs to that
-- worker from then on and says nothing new. It is known by the n that was seen last. Without an n, it is a poll with
-- the same status as the last one, if that would still be waiting and nobody listens on its worker's channel any more.
--
-- renew   what the worker that got the session's last poll did not tell of at once: another poll came to it AGE_MS ago.
--         It has the number BEAT, as the one before, after which the lease was to end at ENDS_MS. Whatever came to
--         Redis since is later and stands, except for heartbeats that renewed the lease before that poll came. So a
--         worker must know of everything else: each that is not a plain renewal is told to it, with 0 for BEAT.

local due, u = KEYS[1], KEYS[4]
local member, session, kind, wanted, lease, asked = ARGV[1], ARGV[2], ARGV[3], ARGV[4], tonumber(ARGV[6]), ARGV[7]
local workspace, user = string.match(member, '^(%S+) %S+ (.*)$')
local ttl, mine, fresh, max_sessions, max_tombstones, held, wait, renewed =
    string.match(ARGV[8], '^(%d+) (%S+) (%S+) (%d+) (%d+) (%d+) (%d+)(.*)$')
local now, now_us = clock()
local base = string.sub(KEYS[2], 1, -#'state' - 1)

ttl = tonumber(ttl)
local ws = {name = workspace, due = due, state = KEYS[2], changed = base .. 'changed', meta = KEYS[3],
            channel = base .. 'changes', fresh = fresh, now = now, ttl = ttl, ends = KEYS[5], known = true,
            ended = ended_by(now, asked, held)}
open(ws)
local status, flag, n, beat, worker, ending = read_record(redis.call('HGET', u, session))
local before, alive = status, 1

-- What others see, and what the user says by hand. The record of a session that stays as it is has all that is needed
-- of the latter, if others see its user: the ending.
local entry, said
if not LIVE[status] or wanted ~= '' and wanted ~= status then
    entry, said = unpack(redis.call('HMGET', ws.state, user, '\2' .. user))
else
    entry = redis.call('HGET', ws.state, user)
end
local shown, _, shown_why = read_state(user, entry)
if said == nil and not LIVE[shown] then
    said = redis.call('HGET', ws.state, '\2' .. user)
end
local hand, mode = said and make_hand(), '-'
if hand then
    mode = hand.read(said)
end
local unknown = said == false and (not entry or shown_why == 'removed')

-- Others see what the user is, unless they are invisible.
local function reply(code, beat, seq, now_shown, since, why, note)
    local own = shown
    if string.find(mode, 'i', 1, true) then
        local only = LIVE[status] and redis.call('HLEN', u) == 1
        own = hand.apply(only and status or (census(ws, u, user)), mode)
    end
    local line = table.concat({code, ws.epoch, text(ws.seq), text(now), own, alive, text(beat)}, ' ')
    if seq then
        line = table.concat({line, text(seq), now_shown, text(since), why}, ' ') .. (note == '' and '' or '\n' .. note)
    end
    return line
end

if is_late(now, asked) then
    return reply('late', 0)
end
if status == 'x' and kind ~= 'join' then
    alive = 0
    return reply('gone', 0)
end
local given = string.match(ARGV[5], '^%d+$')
local ahead = given and n and kind ~= 'join' and tonumber(given) - tonumber(n) or 1
if ahead < 0 then
    return reply('ok', 0)
end
if unknown and not ARGV[9] then
    return reply('ask', 0)
end

-- Tells the worker of the session's last poll, if that is another one, that this poll has NUMBER, unless
-- beat.head.lua has. Returns how many heard it, or nil.
local hand_over = kind == 'poll' and function(number)
    if name_of(worker) ~= name_of(mine) and not heard then
        heard = tell_worker(worker, text(number), member)
    end
    return heard
end

if kind == 'poll' and LIVE[status] then
    local again = n ~= '0'
    if ahead ~= 0 then
        local latest = math.max(beat + 1, now_us)
        local says_the_same = string.match(mine, '[/+].*$') == string.match(worker, '[/+].*$')
        again = not given and wait ~= '0' and says_the_same and now_us < beat + wait * 1000 and hand_over(latest) == 0
    end
    if again then
        beat = ahead == 0 and beat or beat + 1 -- larger, since its former worker may live after all
        redis.call('HSET', u, session, table.concat({status, flag, n, text(beat), mine}, ' ') .. ending)
        return reply('again', beat)
    end
end
local last_beat, ends, age = string.match(renewed, '^ (%d+) (%d+) (%d+)$')
local deadline
if kind == 'renew' then
    last_beat = tonumber(last_beat)
    if status and (flag ~= '-' or tonumber(beat) > last_beat) or not status and shown_why == 'removed' then
        return reply('stale', 0)
    end
    wanted = status and '' or wanted
    deadline = tonumber(beat) == last_beat and tonumber(redis.call('ZSCORE', due, member))
end

if not LIVE[status] then
    alive = status ~= 'x' and redis.call('ZSCORE', due, member) and 1 or 0
    local _, live, tombstones, over = census(ws, u, user)
    if alive == 0 and live >= tonumber(max_sessions) then
        return reply('full', 0)
    end
    if #tombstones > tonumber(max_tombstones) then
        local _, forget_oldest = make_upkeep()
        forget_oldest(due, u, workspace, user, tombstones, tonumber(max_tombstones))
    end
    -- A record that was evicted while its lease ran: what others see is the best guess at what it was.
    status = alive == 1 and LIVE[shown] and mode == '-' and shown or 'active'
    n, beat, worker = '0', 0, '-'
    if LIVE[shown] and live + #over == 0 then
        local stand_in = make_upkeep()
        stand_in(ws, u, user, shown, mode)
    end
end

status = wanted ~= '' and wanted or status
n = given or kind == 'join' and '0' or n
if kind == 'renew' then
    beat, worker = last_beat, mine
elseif kind ~= 'heartbeat' then
    beat = math.max(beat + 1, now_us)
end
if kind == 'poll' then
    hand_over(beat)
    worker = mine
elseif kind == 'join' or kind == 'heartbeat' and status ~= before then
    heard = tell_worker(worker, '0', member)
end
local list = kind == 'join' and LIVE[before] and redis.call('HGET', u, '@' .. session)
if list then -- it counts again from the start, at places too
    local places = make_places()
    local found = places.read(list)
    for _, one in ipairs(found) do
        one.n = 0
    end
    places.keep(u, session, found, now)
end
local is_news = unknown and ARGV[9] ~= ''
if is_news then
    hand = make_hand()
    said = hand.advance(ARGV[9], said_by(now, asked, held))
    mode = hand.read(said)
    hand.keep(ws, u, user, said)
end
if status ~= before or said ~= nil then
    ending = hand and hand.ending(status, mode) or ''
end
local code = heard and 'told' or 'ok'
redis.call('HSET', u, session, status .. ' - ' .. n .. ' ' .. text(beat) .. ' ' .. worker .. ending)
redis.call('PEXPIRE', u, math.max(2 * ttl, lease + ttl, 120000))
if not deadline or deadline == tonumber(ends) or deadline - ttl < now - age then
    redis.call('ZADD', due, now + lease, member)
end

local least = ending == '' and status or string.sub(ending, 2)
if string.find(mode, 'i', 1, true) then
    least = 'offline'
end
if status ~= before or (RANK[shown] or -1) < RANK[least] or is_news then
    local seq, now_shown, since, why, note = settle(ws, u, user, kind == 'join' and 'join' or 'beat',
                                                     said ~= nil and {entry, said})
    if seq then
        shown = now_shown
        return reply(code, beat, seq, shown, since, why, note)
    end
end
return reply(code, beat)
