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
-- evicted, lapsed. A deadline later than any lease allows, because the clock was set back, is brought nearer. What is
-- done at places then lasts as long as it would have, and what was over stays so. Until all of that is moved, nothing
-- lapses, and taken and ended are batch: there is more to do.

local due, ends, prefix, ttl = KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[7])

-- What is done at places when the clock is set back is moved by as much, in portions. What was over by then is removed
-- from all sets before that, at once: later, what ends before FROM may have begun or been renewed by the new clock.
-- What is left to do is in UNDONE, in this order: "w <workspace>", whose places are listed; "p <workspace> <place>",
-- whose sessions are; "s <workspace> <session> <user>", all of whose things are moved; and "t <workspace> <place>",
-- whose readers are told to read the set again. What begins meanwhile is known by when it arrived, and stays as it is.
-- What is renewed meanwhile arrived by the old clock, but ends by the new one, and so before FROM, unless it lasts for
-- longer than BACK: then it cannot be told from what was not renewed, and ends earlier by that.
local function make_mover(undone)
    local mover, places = {}, make_places()
    local back, from, to -- by how much, what the time was before, and what it was then
    local present -- until when things may have begun by the new clock

    local function ws_of(name)
        local base = prefix .. name .. ':'
        return {base = base, state = base .. 'state', now = now}
    end

    -- Adds to the sorted set KEY what WORDS say: a score and a member in turn.
    local function put(key, words)
        for first = 1, #words, 1000 do
            redis.call('ZADD', key, unpack(words, first, math.min(first + 999, #words)))
        end
    end

    -- Adds to what is to be done: NAMES, which begin with KIND, at the place ORDER.
    local function add(order, kind, names)
        local words = {}
        for _, name in ipairs(names) do
            words[#words + 1], words[#words + 2] = order, kind .. ' ' .. name
        end
        put(undone, words)
    end

    -- Removes what was over at the places of a workspace when the clock was set back, and moves until when somebody may
    -- be there. All of that is by the old clock still. A key of another kind is left to its portion.
    local function clear(name)
        local base = ws_of(name).base
        local all, words = redis.pcall('ZRANGE', base .. 'places', 0, -1, 'WITHSCORES'), {}
        for i = 1, #all, 2 do
            redis.pcall('ZREMRANGEBYSCORE', base .. 'at:' .. all[i], '-inf', text(from))
            words[i], words[i + 1] = all[i + 1] - back, all[i]
        end
        put(base .. 'places', words)
    end

    local work = {}

    function work.w(name)
        local names = redis.call('ZRANGE', ws_of(name).base .. 'places', 0, -1)
        for i, place in ipairs(names) do
            names[i] = name .. ' ' .. place
        end
        add(1, 'p', names)
        add(3, 't', names)
        return #names
    end

    function work.p(name, place)
        local names = redis.call('ZRANGE', ws_of(name).base .. 'at:' .. place, 0, -1)
        for i, member in ipairs(names) do
            local session, user = string.match(member, '^%d+ (%S+) %S+ (.*)$')
            names[i] = table.concat({name, session or '?', user or ''}, ' ')
        end
        add(2, 's', names)
        return #names
    end

    -- Whether ONE of the things that a session does began by the new clock. Nothing lasts for more than 300 s. What
    -- began just BACK before that and still goes on looks the same: it ends later by that, unless it is renewed.
    local function has_begun(one)
        local arrived = tonumber(one.arrived)
        return arrived >= to and arrived <= present and one.ends <= present + 300000
    end

    function work.s(name, rest)
        local ws, session, user = ws_of(name), string.match(rest, '^(%S+) (.*)$')
        local u = ws.base .. 'u:' .. user
        local found = places.read(redis.call('HGET', u, '@' .. session))
        for _, one in ipairs(found) do
            local at, member = ws.base .. 'at:' .. one.place, places.member(session, one, user)
            if one.ends > now and not has_begun(one) then
                local is_there = redis.call('ZSCORE', at, member)
                one.arrived = text(one.arrived - back)
                if not is_there or one.ends > from then -- otherwise it was renewed
                    one.ends = one.ends - back
                end
                if is_there then -- the key stays, and so when it goes
                    redis.call('ZADD', at, one.ends, places.member(session, one, user))
                    redis.call('ZREM', at, member)
                end
            end
        end
        places.keep(u, session, found, now)
        return 16 * #found
    end

    function work.t(name, place)
        local ws = ws_of(name)
        local session, doing, user =
            string.match(redis.call('ZRANGE', ws.base .. 'at:' .. place, 0, 0)[1] or '', '^%d+ (%S+) (%S+) (.*)$')
        if session then
            places.tell(ws, '-', user, session, {doing = doing, place = place})
        end
        return 16
    end

    -- Does what is first to be done, all of one kind. Returns what is left of COST.
    local function move_some(cost)
        local first
        for _, one in ipairs(redis.call('ZRANGE', undone, 0, ARGV[6])) do
            local kind, name, rest = string.match(one, '^(%l) (%S+) ?(.*)$')
            first = first or kind
            if kind ~= first or cost <= 0 then
                break
            end
            redis.call('ZREM', undone, one) -- before it: if it cannot be done, the rest can
            cost = cost - 16 - work[kind](name, rest)
        end
        return cost
    end

    -- Does what is to be done, but not much more than COST of it: 16 for a thing that is moved, 1 for a name that is
    -- read. It is TIME by the clock that was set back to TO, had it not been set back again since. Returns whether
    -- there is more.
    function mover.move(cost, time)
        local last = redis.call('HMGET', prefix .. 'back', 'from', 'to')
        if not last[2] then
            redis.call('DEL', undone)
            return false
        end
        from, to, back, present = tonumber(last[1]), tonumber(last[2]), last[1] - last[2], time
        while cost > 0 and redis.call('EXISTS', undone) == 1 do
            cost = move_some(cost)
        end
        return redis.call('EXISTS', undone) == 1
    end

    -- The clock was EXPECTED and is NOW. The first worker that finds that does this for all.
    function mover.begin(expected)
        local last = redis.call('HMGET', prefix .. 'back', 'from', 'to')
        if last[2] and math.abs(last[1] + (now - last[2]) - expected) <= tonumber(ARGV[3]) then
            return
        end
        mover.move(math.huge, expected) -- what is left of the time before
        from, back = expected, expected - now
        redis.call('HSET', prefix .. 'back', 'from', text(expected), 'to', text(now))
        redis.call('PEXPIRE', prefix .. 'back', 60000)
        local names = redis.call('ZRANGE', prefix .. 'placed', 0, -1)
        for _, name in ipairs(names) do
            clear(name)
        end
        add(0, 'w', names)
        redis.call('PEXPIRE', undone, 60000)
    end

    return mover
end

if leapt or moving then
    local mover = make_mover(prefix .. 'back:todo')
    if leapt then
        mover.begin(tonumber(ARGV[2]))
    end
    local more = mover.move(16 * batch, now)
    if leapt or more then
        return {now, leapt and 1 or 0, more and batch or 0, 0, 0, more and batch or 0}
    end
end

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
