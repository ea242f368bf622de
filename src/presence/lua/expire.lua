-- SPDX-License-Identifier: ISC
--
-- The lapse of a lease, and the end of what was said by hand until a time: takes those of one partition that are due
-- and settles their users, so that others see who went offline. Any number of workers run it often: each lease lapses
-- once, and one that was renewed does not.
--
-- Parts  records state places hand endings sessions
-- KEYS   due ends
-- ARGV   prefix("rollcall:{p}:") expected_now_ms(or "") tolerance_ms hold(1|0) max_lease_ms batch ttl_ms fresh_epoch
-- Reply  now_ms leap taken changes malformed ended
--        leap: 1 if the clock is further than the tolerance from what was expected. Nothing is taken then, nor if hold
--        is 1. taken: entries that were due, tombstones and malformed ones (which no worker wrote) included. If it is
--        batch, there may be more. ended: of those, how many are not leases but ends.
--
-- A lapse means what the record's flag says: l, ended for good (leave); c, closed; otherwise, or if the record was
-- evicted, lapsed. A deadline later than any lease allows, because the clock was set back, is brought nearer.

local due, ends, prefix, ttl = KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[7])

for _, member in ipairs(too_late) do
    redis.call('ZADD', due, horizon, member)
end
if ARGV[4] == '1' or #members + #ended == 0 then
    return {now, 0, 0, 0, 0, 0}
end
-- A Redis that is out of memory refuses beats, but allows what only removes: it must not let users lapse whose beats it
-- refuses. The first write decides for a whole script, so it is one that needs memory.
redis.call('ZADD', members[1] and due or ends, now, members[1] or ended[1])

-- The workspace, session and user that MEMBER is made of; nothing if no beat can have written it.
local function read_member(member)
    local workspace, session, user = string.match(member, '^(%w[%w._-]*) ([%w_?-]+) (.+)$')
    if workspace and #workspace <= 64 and #session <= 64 and #user <= 128 and not string.find(user, '%c') then
        return workspace, session, user
    end
end

-- The workspace of that name: one for all of its users.
local workspaces = {}
local function workspace_of(name)
    local ws = workspaces[name]
    if not ws then
        local base = prefix .. name
        ws = {name = name, due = due, state = base .. ':state', changed = base .. ':changed', meta = base .. ':meta',
              channel = base .. ':changes', ends = ends, fresh = ARGV[8], now = now, ttl = ttl, ended = now,
              users = base .. ':u:', groups = {}}
        workspaces[name] = ws
    end
    return ws
end

-- One group a user, so that two sessions that lapse together are one change.
local groups, by_user, malformed = {}, {}, 0
for _, member in ipairs(members) do
    local workspace, session, user = read_member(member)
    if workspace then
        local id = workspace .. ' ' .. user
        local group = by_user[id]
        if not group then
            group = {ws = workspace_of(workspace), user = user}
            by_user[id], groups[#groups + 1], group.ws.groups[#group.ws.groups + 1] = group, group, group
        end
        group[#group + 1] = {session = session, member = member}
    else
        redis.call('ZREM', due, member)
        malformed = malformed + 1
    end
end

-- Reads what state has of the users of all groups of a workspace, if that is cheaper than one by one: Redis searches a
-- hash of up to 512 fields from its beginning. If that fails, each group meets it again.
local function read_kept(ws)
    local size = #ws.groups >= 8 and redis.pcall('HLEN', ws.state)
    if type(size) ~= 'number' or size > 512 then
        return
    end
    local all, entries = redis.call('HGETALL', ws.state), {}
    for i = 1, #all, 2 do
        entries[all[i]] = all[i + 1]
    end
    for _, group in ipairs(ws.groups) do
        group.kept = {entries[group.user], entries['\2' .. group.user]}
    end
end

for _, ws in pairs(workspaces) do
    read_kept(ws)
end

local _, lapse = make_endings()

-- Ends the sessions of a group and settles its user. Returns the seq of the change, if there was one.
local function lapse_group(group)
    local ws, why = group.ws, nil
    local u = ws.users .. group.user
    for _, one in ipairs(group) do
        why = lapse(ws, u, one.session, one.member) or why
    end
    return why and settle(ws, u, group.user, why, group.kept)
end

-- Ends what the user of MEMBER, an entry of ends, said until now. Returns the seq of the change, if there was one.
local function end_said(member)
    local workspace, user = string.match(member, '^(%w[%w._-]*) (.+)$')
    if not workspace or #workspace > 64 or #user > 128 or string.find(user, '%c') then
        redis.call('ZREM', ends, member)
        malformed = malformed + 1
        return nil
    end
    local ws = workspace_of(workspace)
    local u = ws.users .. user
    local said = redis.call('HGET', ws.state, '\2' .. user)
    local hand = make_hand()
    local _, _, next_end = hand.read(said)
    if not next_end or next_end == 0 then
        redis.call('ZREM', ends, member)
    elseif next_end > now then
        redis.call('ZADD', ends, next_end, member)
    else
        hand.keep(ws, u, user, hand.advance(said, now))
        return settle(ws, u, user)
    end
end

-- Runs FN with ARG. Returns how many changes others see; or nil if a key is of another kind, which must not keep
-- everyone else of the partition online. Other errors are not its fault.
local function attempt(fn, arg)
    local good, result = pcall(fn, arg)
    if good then
        return result and 1 or 0
    end
    local message = type(result) == 'table' and result.err or tostring(result)
    if not string.find(message, 'WRONGTYPE', 1, true) then
        error(message)
    end
end

local changes = 0
for _, group in ipairs(groups) do
    local made = attempt(lapse_group, group)
    changes = changes + (made or 0)
    for _, one in ipairs(made and {} or group) do
        redis.call('ZREM', due, one.member)
        malformed = malformed + 1
    end
end
for _, member in ipairs(ended) do
    local made = attempt(end_said, member)
    changes = changes + (made or 0)
    if not made then
        redis.call('ZREM', ends, member)
        malformed = malformed + 1
    end
end
return {now, 0, #members + #ended, changes, malformed, #ended}
