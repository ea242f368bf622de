-- SPDX-License-Identifier: ISC
--
-- Sessions of a workspace go on with what they do at places: what their renewals come to that a worker has answered.
--
-- Parts  places
-- KEYS   state
-- ARGV   for each thing 7: session doing rest_ms told_n n user place
--        rest_ms: it ends after that. told_n, n: the count that the worker told before, and the latest one; - for none.
-- Reply  "now_ms 11=0..", for each thing 1; or =, if something else that is later was said of it; or 0, if it is not
--        done, at least not any more
--
-- Nothing begins here. What another worker has said to last longer ends earlier if a later count says so, which is
-- told. Otherwise nobody is told, as by any renewal. If the session has begun to count again, its own count stays.

local ws = {state = KEYS[1], now = now}
local places = make_places()

-- Lets the thing go on that DOING at PLACE is, until ENDS. SESSION of USER had said so with the count TOLD, and says it
-- with N, a number or nothing.
local function stay(session, doing, ends, told, n, user, place)
    local u = base .. 'u:' .. user
    local found = places.read(call('HGET', u, '@' .. session))
    for _, one in ipairs(found) do
        if one.place == place and one.doing == doing and one.ends > now then
            local again = n and one.n < tonumber(told) -- the session has begun to count again
            local earlier = ends <= one.ends
            if earlier and (not n or again or n <= one.n) or n and not again and one.n > n then
                return '='
            end
            if call('ZADD', base .. 'at:' .. place, 'XX', 'CH', ends, places.member(session, one, user)) == 0 then
                return '0' -- the set was evicted
            end
            places.last(ws, place, one.ends, ends)
            one.ends, one.n = ends, not again and n or one.n
            places.keep(u, session, found, now)
            if earlier then
                places.tell(ws, '-', user, session, one)
            end
            return earlier and '=' or '1'
        end
    end
    return '0'
end

for _, i in ipairs(others) do
    local session, doing, rest, told, given, user, place = unpack(ARGV, 7 * i - 6, 7 * i)
    done[i] = stay(session, doing, now + rest, told, tonumber(given), user, place)
end
return text(now) .. ' ' .. table.concat(done)
