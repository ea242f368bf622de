-- SPDX-License-Identifier: ISC
--
-- What the presence scripts share: each is run as this text followed by its own. All times are by Redis's own clock,
-- in ms since 1970; beat numbers are in us. Lua turns a large number into text with an exponent, so only text() turns
-- numbers into text; as arguments of redis.call they may stand as they are.
--
--   due      sorted set   "<workspace> <session> <user>" -> deadline. A session is live until its entry was taken.
--   u        hash         session -> record: "<status> <flag> <n> <beat> <worker>", and "<own>" if that is not active
--                         status  active, away, or x: a tombstone, whose beat tells when it ended
--                         flag    - none, l ended by its user, c connection lost: what its lapse will mean
--                         beat    of its latest poll or join, in us, growing; 0 before the first
--                         worker  who got its latest poll, or -; with a + if that is a stream, which goes on
--                         own     the user's own status while this session is active, by what they say by hand
--                         @<session>: where the session is, a line "<n> <arrived_ms> <ends_ms> <doing> <place>" for
--                         each thing that it does at a place, or did there lately; doing *: everything
--   state    hash         user -> {"status","since","why"} and the note; a mark -> {"since"}; \2user -> what the user
--                         says by hand
--   changed  sorted set   user or mark -> seq of its latest change
--   meta     hash         epoch, seq (the head), floor (the highest seq that was pruned)
--   ends     sorted set   "<workspace> <user>" -> when what the user says by hand changes next
--   at       sorted set   of a place: "<arrived_ms> <session> <doing> <user>" -> when that ends
--   places   sorted set   place -> until when somebody may be there
--
-- A place is what an application calls so, or dm:<id> for a conversation. Who is there is told on a channel of its own,
-- <...>:places, which says only that the set of a place is another one. Nothing of it has a seq.
--
-- What a user says by hand is kept as their schedule (view/layers.h), a text: "<rev> <steps>", then a line "<ends_ms>
-- <mode> <note>" for each segment. The first line is in force until its end comes (0: it has none). Then it is dropped,
-- and STEPS counts that. If nothing is said any more, the text stays: its rev tells an older one. MODE has letters, or
-- is -: i, others see them offline; p, they are here without a session; a, active is lowered to away; r, away is raised
-- to active. NOTE is what else others see: members of JSON, each with a comma before it. Nothing here looks into it.
--
-- A mark is a pseudo-user that begins with \1, as no user's id can. A workspace is passed around as WS: its keys, its
-- name, NOW, the TTL, a FRESH epoch in case it has none, ENDED: leases that ended by then are over; and KNOWN: whether
-- it is certain that a user of whom nothing is kept says nothing by hand.

local LIVE = {active = true, away = true}
local RANK = {offline = 0, away = 1, active = 2}
local UNKNOWN = '?' -- the status of what cannot be read; also the session that stands for those whose records were lost

local function text(number)
    return string.format('%.0f', number)
end

-- Now, in ms and in us.
local function clock()
    local time = redis.call('TIME')
    local us = time[1] * 1000000 + time[2]
    return (us - us % 1000) / 1000, us
end

-- Status, flag, n, beat, worker and ending of a session's record; nothing if there is no record, or if Rollcall did not
-- write it.
local function read_record(record)
    if not record then
        return nil
    end
    local status, flag, n, beat, worker, ending =
        string.match(record, '^(%l+) ([-lc]) (%d+) (%d+) (%S+)( ?%l*)$')
    if LIVE[status] or status == 'x' then
        return status, flag, n, beat, worker, ending
    end
end

-- Status, since, why and note of an entry of state: 'offline' if there is no entry, UNKNOWN if it is not a state, '-'
-- for a mark.
local function read_state(key, json)
    if not json then
        return 'offline', 0, '-', ''
    end
    local status, since, why, note = string.match(json, '^{"status":"(%l+)","since":(%d+),"why":"(%l+)"(.*)}$')
    if not status then
        local good, got = pcall(cjson.decode, json)
        if good and type(got) == 'table' then
            status, since, why = got.status, got.since, got.why
        end
    end
    since = tonumber(since) or -1
    local readable = RANK[status] and type(why) == 'string' and string.find(why, '^%l+$')
    if string.byte(key) == 1 then
        readable, status, why = true, '-', '-'
    end
    if not readable or since < 0 or since >= 2 ^ 53 then
        return UNKNOWN, 0, '-', ''
    end
    return status, math.floor(since), why, note or ''
end

-- Reads epoch and head of a workspace. If they are gone a new epoch begins, above what was left of the old one.
local function open(ws)
    local got = redis.call('HMGET', ws.meta, 'epoch', 'seq')
    if got[1] and #got[1] == 16 and string.find(got[1], '^%w+$') and string.find(got[2] or '', '^%d+$') and
       tonumber(got[2]) < 2 ^ 52 then
        ws.epoch, ws.seq = got[1], tonumber(got[2])
        return
    end
    local last = redis.call('ZREVRANGEBYSCORE', ws.changed, 2 ^ 52, 0, 'WITHSCORES', 'LIMIT', 0, 1)
    ws.epoch, ws.seq = ws.fresh, math.ceil(tonumber(last[2] or 0))
    redis.call('DEL', ws.meta)
    redis.call('HSET', ws.meta, 'epoch', ws.epoch, 'seq', ws.seq, 'floor', 0)
end

-- Whether others see anything of NOTE: it may begin with settings.
local function is_shown(note)
    return string.gsub(string.gsub(note, '^,"seen":"%l+"', ''), '^,"typing":false', '') ~= ''
end

-- Gives KEY of a workspace its next seq and tells everyone. Returns what replies say of a change: seq, status, since,
-- why, note.
local function change(ws, key, json, status, since, why, note)
    if not ws.epoch then
        open(ws)
    end
    ws.seq = redis.call('HINCRBY', ws.meta, 'seq', 1)
    redis.call('HSET', ws.state, key, json)
    redis.call('ZADD', ws.changed, ws.seq, key)
    local told = table.concat({ws.epoch, text(ws.seq), status, text(since), why, key}, ' ')
    redis.call('PUBLISH', ws.channel, note == '' and told or told .. '\n' .. note)
    return ws.seq, status, since, why, note
end

-- Makes STATUS, since then, the one that others see of USER, with NOTE, as a change.
local function show(ws, user, status, since, why, note)
    local json = string.format('{"status":"%s","since":%.0f,"why":"%s"%s}', status, since, why, note)
    return change(ws, user, json, status, since, why, note)
end

-- Whether a call comes so late that its client has been told, or is about to be, that Redis is out of reach: Redis
-- stood still before it ran the call. ASKED is Redis's time when the call was made, as a worker has followed it, less
-- the time for which Redis had said nothing by then; or "".
local function is_late(now, asked)
    return now - (tonumber(asked) or now) > 5000
end

-- Leases that ended by this time are over. HELD is "1" while nobody may be judged. What ended while Redis stood still,
-- or because its clock leapt, is not over.
local function ended_by(now, asked, held)
    return held == '0' and math.min(now, tonumber(asked) or 0) or 0
end

-- Whether the lease of MEMBER is over, though nobody has taken it yet. A session without a lease has lost it: not over.
local function is_over(ws, member)
    local deadline = tonumber(redis.call('ZSCORE', ws.due, member))
    return deadline and deadline <= ws.ended
end

-- Lets a user's key live for FOR_MS at least, and for two minutes: it goes on while Redis stands still, and only
-- expire.lua ends leases.
local function keep(u, for_ms)
    if redis.call('PTTL', u) < math.max(for_ms, 120000) then
        redis.call('PEXPIRE', u, math.max(for_ms, 120000))
    end
end

-- The name of WORKER, which may be followed by / and what its poll said, or by +.
local function name_of(worker)
    return string.match(worker, '^[^/+]+')
end

-- Tells the worker that got a session's latest poll, if there is one, of a later poll with that BEAT. With '0', of
-- something else, after which that worker has to ask about the session's next poll; streams have no next poll, so their
-- workers are not told. Returns how many heard it, or nil. The caller is answered only when they can know.
local function tell_worker(worker, beat, member)
    if worker and worker ~= '-' and (beat ~= '0' or string.sub(worker, -1) ~= '+') then
        return redis.call('PUBLISH', 'rollcall:worker:' .. name_of(worker), beat .. ' ' .. member)
    end
end

-- Whether a user of MODE and NOTE is at no place, doing DOING: nobody who is invisible is, and nobody types who does not
-- want that told.
local function is_nowhere(mode, note, doing)
    return string.find(mode, 'i', 1, true) or doing == 'typing' and string.find(note, ',"typing":false', 1, true)
end

-- What the field @<session> says, as a list of {n, arrived, ends, doing, place}.
local function read_places(list)
    local found = {}
    for n, arrived, ends, doing, place in string.gmatch(list or '', '(%d+) (%d+) (%d+) ([%l*-]+) ([^\n]+)\n') do
        found[#found + 1] = {n = tonumber(n), arrived = arrived, ends = tonumber(ends), doing = doing, place = place}
    end
    return found
end

-- Keeps FOUND as where SESSION is. What is over is remembered for a minute if it has an n, and in 100 lines at most.
local function keep_places(u, session, found, now)
    local lines, spare = {}, #found - 100
    for _, one in ipairs(found) do
        if one.ends > now or one.n > 0 and one.ends > now - 60000 and spare <= 0 then
            lines[#lines + 1] = table.concat({text(one.n), one.arrived, text(one.ends), one.doing, one.place}, ' ')
        else
            spare = spare - 1
        end
    end
    if #lines > 0 then
        redis.call('HSET', u, '@' .. session, table.concat(lines, '\n') .. '\n')
    else
        redis.call('HDEL', u, '@' .. session)
    end
end

-- The key of what begins with that of the workspace's state.
local function key_of(ws, ending)
    return string.sub(ws.state, 1, -6) .. ending
end

-- The member that ONE of the things that SESSION of USER does at places is in the set of its place.
local function there(session, one, user)
    return table.concat({one.arrived, session, one.doing, user}, ' ')
end

-- Lets ONE of the things that SESSION of USER does at places end at ENDS, if it would not have ended by then.
local function end_one(ws, user, session, one, ends)
    if one.ends <= ends then
        return false
    end
    if ends <= ws.now then
        redis.call('ZREM', key_of(ws, 'at:' .. one.place), there(session, one, user))
    else
        redis.call('ZADD', key_of(ws, 'at:' .. one.place), 'XX', ends, there(session, one, user))
    end
    one.ends = ends
    redis.call('PUBLISH', key_of(ws, 'places'), one.place)
    return true
end

-- SESSION of USER, which is where LIST says, if it is anywhere, does nothing at any place from now on; with DOING only
-- not that, and the rest for at most REST_MS more, if that is given.
local function end_places(ws, u, user, session, list, doing, rest_ms)
    if not list then
        return
    end
    local found = read_places(list)
    for _, one in ipairs(found) do
        if not doing or one.doing == doing then
            end_one(ws, user, session, one, ws.now)
        elseif rest_ms then
            end_one(ws, user, session, one, ws.now + rest_ms)
        end
    end
    keep_places(u, session, doing and found or {}, ws.now)
end

-- What concerns only users who say something by hand. It is made when it is needed: each function costs each call.
local function make_hand()
    local hand = {}

    -- Mode, note, next end, rev and steps of SAID; '-' and '' if that is nothing.
    function hand.read(said)
        local rev, steps, ends, mode, note = string.match(said or '', '^(%d+) (%d+)\n(%d+) ([-iarp]+) ([^\n]*)')
        return mode or '-', note or '', tonumber(ends), tonumber(rev), tonumber(steps)
    end

    -- The own status of a user whose sessions make it STATUS, and the one that others see, with MODE.
    function hand.apply(status, mode)
        if status == 'offline' and string.find(mode, 'p', 1, true) then
            status = 'active'
        end
        if status == 'active' and string.find(mode, 'a', 1, true) then
            status = 'away'
        end
        if status == 'away' and string.find(mode, 'r', 1, true) then
            status = 'active'
        end
        return status, string.find(mode, 'i', 1, true) and 'offline' or status
    end

    -- What the records of sessions end with, with MODE.
    function hand.ending(mode)
        local own = hand.apply('active', mode)
        return own == 'active' and '' or ' ' .. own
    end

    -- SAID without what was over by ENDED.
    function hand.advance(said, ended)
        local rev, steps, rest = string.match(said, '^(%d+) (%d+)\n(.*)$')
        local ends, later = string.match(rest or '', '^(%d+) [^\n]*\n?(.*)$')
        while ends and tonumber(ends) > 0 and tonumber(ends) <= ended do
            steps, rest = steps + 1, later ~= '' and later or '0 - '
            ends, later = string.match(rest, '^(%d+) [^\n]*\n?(.*)$')
        end
        return ends and rev .. ' ' .. text(tonumber(steps)) .. '\n' .. rest
    end

    -- Keeps SAID as what USER says from now on, and tells the user's own polls.
    function hand.keep(ws, u, user, said)
        local mode, note, ends, rev, steps = hand.read(said)
        redis.call('HSET', ws.state, '\2' .. user, said)
        if ends > 0 then
            redis.call('ZADD', ws.ends, ends, ws.name .. ' ' .. user)
        else
            redis.call('ZREM', ws.ends, ws.name .. ' ' .. user)
        end
        local all, ending = redis.call('HGETALL', u), hand.ending(mode)
        for i = 1, #all, 2 do
            local status, _, _, _, _, other = read_record(all[i + 1])
            if LIVE[status] and other ~= ending then
                local record = string.sub(all[i + 1], 1, #all[i + 1] - #other)
                redis.call('HSET', u, all[i], record .. ending)
            elseif string.byte(all[i]) == 64 and is_nowhere(mode, note, 'typing') then
                local doing = not string.find(mode, 'i', 1, true) and 'typing' or nil
                end_places(ws, u, user, string.sub(all[i], 2), all[i + 1], doing)
            end
        end
        redis.call('PUBLISH', 'rollcall:own', ws.name .. ' ' .. text(rev + steps) .. ' ' .. user)
    end

    return hand
end

-- Remembers for a ttl that a session has ended, so that a late beat does not bring it back. If WORKER has a stream of
-- it, which began with BEAT, that is told.
local function bury(ws, u, session, member, beat, worker)
    if worker and string.sub(worker, -1) == '+' then
        redis.call('PUBLISH', 'rollcall:worker:' .. string.sub(worker, 1, -2), 'left ' .. beat .. ' ' .. member)
    end
    redis.call('ZADD', ws.due, ws.now + ws.ttl, member)
    redis.call('HSET', u, session, 'x - 0 ' .. text(ws.now * 1000) .. ' -')
    keep(u, 2 * ws.ttl)
end

-- Ends a session whose lease is over, and tells its stream. Returns why, or nothing for a tombstone.
local function lapse(ws, u, session, member)
    local got = redis.call('HMGET', u, session, '@' .. session)
    local status, flag, _, beat, worker = read_record(got[1])
    end_places(ws, u, string.sub(member, #ws.name + #session + 3), session, got[2])
    if flag == 'l' then
        bury(ws, u, session, member, beat, worker)
        return 'leave'
    end
    if worker and string.sub(worker, -1) == '+' then
        redis.call('PUBLISH', 'rollcall:worker:' .. string.sub(worker, 1, -2), 'lapsed ' .. beat .. ' ' .. member)
    end
    redis.call('ZREM', ws.due, member)
    redis.call('HDEL', u, session)
    return status ~= 'x' and (flag == 'c' and 'closed' or 'lapsed') or nil
end

-- A user's sessions, summed up: the best status, how many are live, the tombstones as {session, ended}, those whose
-- leases are over as {session, member}.
local function census(ws, u, user)
    local all = redis.call('HGETALL', u)
    local best, live, tombstones, over = 'offline', 0, {}, {}
    for i = 1, #all, 2 do
        local status, _, _, ended = read_record(all[i + 1])
        local member = ws.name .. ' ' .. all[i] .. ' ' .. user
        if status == 'x' then
            tombstones[#tombstones + 1] = {all[i], tonumber(ended)}
        elseif status and is_over(ws, member) then
            over[#over + 1] = {all[i], member}
        elseif status then
            live = live + 1
            best = RANK[status] > RANK[best] and status or best
        end
    end
    return best, live, tombstones, over
end

-- If others see USER as SHOWN, and none of the sessions is left that made it so, records were lost; perhaps those of
-- several sessions. For a ttl, one stands for them all, so that they can beat again before their user is offline. With
-- a MODE that is not -, what others see tells little of the sessions.
local function stand_in(ws, u, user, shown, mode)
    local _, live, _, over = census(ws, u, user)
    if LIVE[shown] and live == 0 and #over == 0 and not string.find(mode, 'p', 1, true) then
        redis.call('ZADD', ws.due, ws.now + ws.ttl, ws.name .. ' ' .. UNKNOWN .. ' ' .. user)
        redis.call('HSET', u, UNKNOWN, (mode == '-' and shown or 'active') .. ' - 0 0 -')
        keep(u, 2 * ws.ttl)
    end
end

-- Takes the leases of a user that are over, and shows what follows from the remaining sessions and from what the user
-- says by hand, if others see something else. Without WHY the latter is the reason. Returns as change() does, or
-- nothing.
local function settle(ws, u, user, why)
    local best, _, _, over = census(ws, u, user)
    for _, one in ipairs(over) do
        lapse(ws, u, one[1], one[2])
    end
    local got = redis.call('HMGET', ws.state, user, '\2' .. user)
    if not got[1] and not got[2] and not ws.known then
        return nil -- the next beat asks
    end
    local status, note, mode = best, ''
    if got[2] then
        local hand = make_hand()
        mode, note = hand.read(got[2])
        _, status = hand.apply(best, mode)
    end
    local shown, since, shown_why, shown_note = read_state(user, got[1])
    if status ~= shown then
        why = why or status == 'offline' and 'leave' or shown == 'offline' and 'join' or 'beat'
        return show(ws, user, status, ws.now, why, note)
    elseif note ~= shown_note and (got[1] or is_shown(note)) then
        why = (shown_why == 'removed' or shown_why == '-') and 'leave' or shown_why
        return show(ws, user, status, since, why, note)
    end
end

-- Forgets the oldest tombstones of a user until MAX are left. That is nearly always a single one, so they are not
-- sorted.
local function forget_oldest(due, u, workspace, user, tombstones, max)
    for _ = 1, #tombstones - max do
        local oldest = 1
        for i = 2, #tombstones do
            oldest = tombstones[i][2] < tombstones[oldest][2] and i or oldest
        end
        local session = table.remove(tombstones, oldest)[1]
        redis.call('HDEL', u, session)
        redis.call('ZREM', due, workspace .. ' ' .. session .. ' ' .. user)
    end
end
