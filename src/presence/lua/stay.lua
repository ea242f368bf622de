-- SPDX-License-Identifier: ISC
--
-- Sessions of a workspace go on with what they do at places: what their renewals come to that a worker has answered.
--
-- Parts  places
-- KEYS   state
-- ARGV   for each thing "<session> <doing> <rest_ms> <told_n> <n> <user>\n<place>"
--        rest_ms: it ends after that. told_n, n: the count that the worker told before, and the latest one; - for none.
-- Reply  "now_ms 11=0..", for each thing 1; or =, if something else that is later was said of it; or 0, if it is not
--        done, at least not any more
--
-- Nothing begins here. What another worker has said to last longer ends earlier if a later count says so, which is told.
-- Otherwise nobody is told, as by any renewal. If the session has begun to count again, its own count stays.

local call = redis.call
local now = clock()
local ws = {state = KEYS[1], now = now}
local places = make_places()
local base = places.key_of(ws, '')

-- Whether something later was said than what has the count GIVEN and came after TOLD, as N was the latest count.
local function is_overtaken(n, told, given)
    return given ~= '-' and (tonumber(n) < tonumber(told) or tonumber(n) > tonumber(given))
end

-- Lets THING, one of those in LIST, go on.
local function stay_among(u, user, session, list, thing)
    local found = places.read(list)
    for _, one in ipairs(found) do
        if one.place == thing.place and one.doing == thing.doing and one.ends > now then
            local given = tonumber(thing.given)
            local again = given and one.n < tonumber(thing.told) -- the session has begun to count again
            local earlier = thing.ends <= one.ends
            if earlier and (not given or again or given <= one.n) or given and not again and one.n > given then
                return '='
            end
            local member = places.member(session, one, user)
            if call('ZADD', base .. 'at:' .. one.place, 'XX', 'CH', thing.ends, member) == 0 then
                return '0' -- the set was evicted
            end
            places.last(ws, one.place, one.ends, thing.ends)
            one.ends, one.n = thing.ends, not again and given or one.n
            places.keep(u, session, found, now)
            if earlier then
                places.tell(ws, '-', user, session, one)
            end
            return earlier and '=' or '1'
        end
    end
    return '0'
end

-- If the thing is all that its session does, as it mostly is, this does what at.head.lua does.
local function stay(words)
    local session, doing, rest, told, given, user, place =
        string.match(words, '^(%S+) (%S+) (%d+) (%S+) (%S+) ([^\n]+)\n(.+)$')
    local u, ends = base .. 'u:' .. user, now + rest
    local list = call('HGET', u, '@' .. session) or ''
    local n, arrived, before, what, where = string.match(list, '^(%d+) (%d+) (%d+) ([%l-]+) ([^\n]+)\n$')
    local last = tonumber(before) or 0
    if where ~= place or what ~= doing or last <= now or ends <= last or is_overtaken(n, told, given) or
       math.floor(last / 100000) ~= math.floor(ends / 100000) then
        return stay_among(u, user, session, list,
                          {doing = doing, place = place, ends = ends, told = told, given = given})
    end
    local score = text(ends)
    local member = arrived .. ' ' .. session .. ' ' .. doing .. ' ' .. user
    if call('ZADD', base .. 'at:' .. place, 'XX', 'CH', score, member) == 0 then
        return '0'
    end
    n = given == '-' and n or given
    call('HSET', u, '@' .. session, n .. ' ' .. arrived .. ' ' .. score .. ' ' .. doing .. ' ' .. place .. '\n')
    return '1'
end

local done = {}
for i, thing in ipairs(ARGV) do
    done[i] = stay(thing)
end
return text(now) .. ' ' .. table.concat(done)
