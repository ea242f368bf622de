-- SPDX-License-Identifier: ISC
--
-- What the presence scripts share: each is run as this text followed by its own. All times are by Redis's own clock,
-- in ms since 1970; beat numbers are in us. Lua turns a large number into text with an exponent, so only text() turns
-- numbers into text; as arguments of redis.call they may stand as they are.
--
--   due      sorted set   "<workspace> <session> <user>" -> deadline. A session is live until its entry was taken.
--   u        hash         session -> record: "<status> <flag> <n> <beat> <worker>"
--                         status  active, away, or x: a tombstone, whose beat tells when it ended
--                         flag    - none, l ended by its user, c connection lost: what its lapse will mean
--                         beat    of its latest poll or join, in us, growing; 0 before the first
--                         worker  who got its latest poll, or -; with a + if that is a stream, which goes on
--   state    hash         user -> {"status","since","why"}; a mark -> {"since"}
--   changed  sorted set   user or mark -> seq of its latest change
--   meta     hash         epoch, seq (the head), floor (the highest seq that was pruned)
--
-- A mark is a pseudo-user that begins with \1, as no user's id can. A workspace is passed around as WS: its keys, its
-- name, NOW, the TTL, a FRESH epoch in case it has none, and ENDED: leases that ended by then are over.

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

-- Status, flag, n, beat and worker of a session's record; nothing if there is no record or Rollcall did not write it.
local function read_record(record)
    if not record then
        return nil
    end
    local status, flag, n, beat, worker = string.match(record, '^(%l+) ([-lc]) (%d+) (%d+) (%S+)$')
    if LIVE[status] or status == 'x' then
        return status, flag, n, beat, worker
    end
end

-- Status, since and why of an entry of state: 'offline' if there is no entry, UNKNOWN if it is not a state, '-' for a
-- mark.
local function read_state(key, json)
    if not json then
        return 'offline', 0, '-'
    end
    local status, since, why = string.match(json, '^{"status":"(%l+)","since":(%d+),"why":"(%l+)"}$')
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
        return UNKNOWN, 0, '-'
    end
    return status, math.floor(since), why
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

-- Gives KEY of a workspace its next seq and tells everyone. Returns what replies say of a change: seq, status, since,
-- why.
local function change(ws, key, json, status, why)
    if not ws.epoch then
        open(ws)
    end
    ws.seq = redis.call('HINCRBY', ws.meta, 'seq', 1)
    redis.call('HSET', ws.state, key, json)
    redis.call('ZADD', ws.changed, ws.seq, key)
    local told = {ws.epoch, text(ws.seq), status, text(ws.now), why, key}
    redis.call('PUBLISH', ws.channel, table.concat(told, ' '))
    return ws.seq, status, ws.now, why
end

-- Makes STATUS the one that others see of USER, as a change.
local function show(ws, user, status, why)
    local json = string.format('{"status":"%s","since":%.0f,"why":"%s"}', status, ws.now, why)
    return change(ws, user, json, status, why)
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
    local status, flag, _, beat, worker = read_record(redis.call('HGET', u, session))
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
-- several sessions. For a ttl, one stands for them all, so that they can beat again before their user is offline.
local function stand_in(ws, u, user, shown)
    local _, live, _, over = census(ws, u, user)
    if LIVE[shown] and live == 0 and #over == 0 then
        redis.call('ZADD', ws.due, ws.now + ws.ttl, ws.name .. ' ' .. UNKNOWN .. ' ' .. user)
        redis.call('HSET', u, UNKNOWN, shown .. ' - 0 0 -')
        keep(u, 2 * ws.ttl)
    end
end

-- Takes the leases of a user that are over, and shows the status of the remaining sessions if others see another one.
-- Returns as change() does, or nothing.
local function settle(ws, u, user, why)
    local best, _, _, over = census(ws, u, user)
    for _, one in ipairs(over) do
        lapse(ws, u, one[1], one[2])
    end
    if read_state(user, redis.call('HGET', ws.state, user)) ~= best then
        return show(ws, user, best, why)
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
