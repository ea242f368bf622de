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
-- Nothing begins here, and nothing ends earlier. With counts, nothing is done either if the session has begun to count
-- again. Nobody is told, as by any renewal.

local now = clock()
local ws = {state = KEYS[1], now = now}
local places = make_places()

-- Whether ONE, which is done, stays as it is, with a count GIVEN after TOLD, or none.
local function is_overtaken(one, told, given)
    return given and (one.n < tonumber(told) or one.n > given)
end

local function stay(thing)
    local session, doing, rest, told, given, user, place =
        string.match(thing, '^(%S+) (%S+) (%d+) (%S+) (%S+) ([^\n]+)\n(.+)$')
    local u, ends = places.key_of(ws, 'u:' .. user), now + rest
    local found = places.read(redis.call('HGET', u, '@' .. session))
    given = tonumber(given)
    for _, one in ipairs(found) do
        if one.place == place and one.doing == doing and one.ends > now then
            if ends <= one.ends or is_overtaken(one, told, given) then
                return '='
            end
            local member = places.member(session, one, user)
            if redis.call('ZADD', places.key_of(ws, 'at:' .. place), 'XX', 'CH', ends, member) == 0 then
                return '0' -- the set was evicted
            end
            places.last(ws, place, one.ends, ends)
            one.ends, one.n = ends, given or one.n
            places.keep(u, session, found, now)
            return '1'
        end
    end
    return '0'
end

local done = {}
for i, thing in ipairs(ARGV) do
    done[i] = stay(thing)
end
return text(now) .. ' ' .. table.concat(done)
