-- SPDX-License-Identifier: ISC
--
-- The records of a user's sessions.

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

-- Lets a user's key live for FOR_MS at least, and for two minutes: it goes on while Redis stands still, and only
-- expire.lua ends leases.
local function keep(u, for_ms)
    if redis.call('PTTL', u) < math.max(for_ms, 120000) then
        redis.call('PEXPIRE', u, math.max(for_ms, 120000))
    end
end

-- A user's sessions, summed up: the best status, how many are live, the tombstones as {session, ended}, those whose
-- leases are over, though nobody has taken them yet, as {session, member}. A session without a lease has lost it: that
-- one is not over.
local function census(ws, u, user)
    local all = redis.call('HGETALL', u)
    local best, live, tombstones, over = 'offline', 0, {}, {}
    for i = 1, #all, 2 do
        local status, _, _, ended = read_record(all[i + 1])
        local member = ws.name .. ' ' .. all[i] .. ' ' .. user
        if status == 'x' then
            tombstones[#tombstones + 1] = {all[i], tonumber(ended)}
        elseif status then
            local deadline = tonumber(redis.call('ZSCORE', ws.due, member))
            if deadline and deadline <= ws.ended then
                over[#over + 1] = {all[i], member}
            else
                live = live + 1
                best = RANK[status] > RANK[best] and status or best
            end
        end
    end
    return best, live, tombstones, over
end
