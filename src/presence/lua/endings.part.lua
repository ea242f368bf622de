-- SPDX-License-Identifier: ISC
--
-- How sessions end, and what is kept of them then. Most calls need nothing of it, so it is made when it is needed.

-- Makes the functions bury and lapse.
local function make_endings()
    -- Remembers for a ttl that a session has ended, so that a late beat does not bring it back. If WORKER has a stream
    -- of it, which began with BEAT, that is told.
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
        if got[2] then
            make_places().end_all(ws, u, string.sub(member, #ws.name + #session + 3), session, got[2])
        end
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

    return bury, lapse
end

-- Makes the functions stand_in and forget_oldest.
local function make_upkeep()
    -- If others see USER as SHOWN, and none of the sessions is left that made it so, records were lost; perhaps those
    -- of several sessions. For a ttl, one stands for them all, so that they can beat again before their user is
    -- offline. With a MODE that is not -, what others see tells little of the sessions. The caller knows that no
    -- record is left.
    local function stand_in(ws, u, user, shown, mode)
        if LIVE[shown] and not string.find(mode, 'p', 1, true) then
            redis.call('ZADD', ws.due, ws.now + ws.ttl, ws.name .. ' ' .. UNKNOWN .. ' ' .. user)
            redis.call('HSET', u, UNKNOWN, (mode == '-' and shown or 'active') .. ' - 0 0 -')
            keep(u, 2 * ws.ttl)
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

    return stand_in, forget_oldest
end
