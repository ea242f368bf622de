-- SPDX-License-Identifier: ISC
--
-- The lapse of a lease: takes the leases of one partition that have run out and settles their users, so that others
-- see who went offline. Any number of workers run it often: each lease lapses once, and one that was renewed does not.
--
-- KEYS   due
-- ARGV   prefix("rollcall:{p}:") expected_now_ms(or "") tolerance_ms hold(1|0) max_lease_ms batch ttl_ms fresh_epoch
-- Reply  now_ms leap taken changes malformed
--        leap: 1 if the clock is further than the tolerance from what was expected. Nothing is taken then, nor if hold
--        is 1. taken: entries that were due, tombstones and malformed ones (which no worker wrote) included. If it is
--        batch, there may be more.
--
-- A lapse means what the record's flag says: l, ended for good (leave); c, closed; otherwise, or if the record was
-- evicted, lapsed. A deadline later than any lease allows, because the clock was set back, is brought nearer.

local due, prefix, ttl = KEYS[1], ARGV[1], tonumber(ARGV[7])
local batch = tonumber(ARGV[6])
local now = clock()

if ARGV[2] ~= '' and math.abs(now - tonumber(ARGV[2])) > tonumber(ARGV[3]) then
    return {now, 1, 0, 0, 0}
end

local horizon = now + math.max(tonumber(ARGV[5]), ttl)
for _, member in ipairs(redis.call('ZRANGEBYSCORE', due, '(' .. text(horizon), '+inf', 'LIMIT', 0, batch)) do
    redis.call('ZADD', due, horizon, member)
end
if ARGV[4] == '1' then
    return {now, 0, 0, 0, 0}
end

local members = redis.call('ZRANGEBYSCORE', due, '-inf', now, 'LIMIT', 0, batch)
if #members == 0 then
    return {now, 0, 0, 0, 0}
end
-- A Redis that is out of memory refuses beats, but allows what only removes: it must not let users lapse whose beats it
-- refuses. The first write decides for a whole script, so it is one that needs memory.
redis.call('ZADD', due, now, members[1])

-- The workspace, session and user that MEMBER is made of; nothing if no beat can have written it.
local function read_member(member)
    local workspace, session, user = string.match(member, '^(%w[%w._-]*) ([%w_?-]+) (.+)$')
    if workspace and #workspace <= 64 and #session <= 64 and #user <= 128 and not string.find(user, '%c') then
        return workspace, session, user
    end
end

-- One group a user, so that two sessions that lapse together are one change.
local groups, by_user, malformed = {}, {}, 0
for _, member in ipairs(members) do
    local workspace, session, user = read_member(member)
    if workspace then
        local id = workspace .. ' ' .. user
        local group = by_user[id] or {workspace = workspace, user = user}
        if not by_user[id] then
            by_user[id], groups[#groups + 1] = group, group
        end
        group[#group + 1] = {session = session, member = member}
    else
        redis.call('ZREM', due, member)
        malformed = malformed + 1
    end
end

-- Ends the sessions of a group and settles its user. Returns the seq of the change, if there was one.
local function lapse_group(group)
    local base = prefix .. group.workspace
    local ws = {name = group.workspace, due = due, state = base .. ':state', changed = base .. ':changed',
                meta = base .. ':meta', channel = base .. ':changes', fresh = ARGV[8], now = now, ttl = ttl,
                ended = now}
    local u, why = base .. ':u:' .. group.user, nil
    for _, one in ipairs(group) do
        why = lapse(ws, u, one.session, one.member) or why
    end
    return why and settle(ws, u, group.user, why)
end

local changes = 0
for _, group in ipairs(groups) do
    local good, result = pcall(lapse_group, group)
    if good then
        changes = changes + (result and 1 or 0)
    else
        -- A key of another kind must not keep everyone else of the partition online. Other errors are not its fault.
        local message = type(result) == 'table' and result.err or tostring(result)
        if not string.find(message, 'WRONGTYPE', 1, true) then
            error(message)
        end
        for _, one in ipairs(group) do
            redis.call('ZREM', due, one.member)
            malformed = malformed + 1
        end
    end
end
return {now, 0, #members, changes, malformed}
