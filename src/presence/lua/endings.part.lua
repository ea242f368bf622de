-- SPDX-License-Identifier: ISC
--
-- How sessions end.

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
