-- SPDX-License-Identifier: ISC
--
-- What follows from the sessions of a user.

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
-- nothing. With WHY, nothing is told of somebody invisible, not even what they said before Redis forgot everything: that is
-- told when it is said again, as that of those who are offline.
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
    elseif note ~= shown_note and (got[1] or is_shown(note)) and not (why and string.find(mode, 'i', 1, true)) then
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
