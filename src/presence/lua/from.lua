-- SPDX-License-Identifier: ISC
--
-- A session, or all of a user, ends what it does at a place.
--
-- Parts  records places
-- KEYS   u state
-- ARGV   workspace user session(or "": all) place doing(or "": all) n(or "")
-- Reply  "code now_ms changed", as at.lua says; code is always ok. A session that is not known does nothing.
--
-- With an n lower than one seen before of the same thing, nothing is done. The n is remembered for a minute, so that
-- what was said before and comes later is known as such. Without an n it ends whatever was said before, which workers
-- may not have told yet: so it is told as an end for good.

local u = KEYS[1]
local workspace, user, session, place, doing = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local given = tonumber(ARGV[6])
local now = clock()
local ws = {name = workspace, state = KEYS[2], now = now}
local places = make_places()

-- Notes N with what SESSION did there, FOUND, for what it may still be said to do.
local function remember(found)
    local word = doing == '' and '*' or doing
    for _, one in ipairs(found) do
        if one.place == place and one.doing == word then
            one.n = math.max(one.n, given)
            one.ends = one.ends > now and one.ends or now
            return
        end
    end
    found[#found + 1] = {n = given, arrived = text(now), ends = now, doing = word, place = place}
end

-- Ends what the session NAME does there by its LIST. Returns whether others see another set.
local function end_here(name, list)
    local found, changed = places.read(list), false
    for _, one in ipairs(found) do
        local meant = one.place == place and (doing == '' or one.doing == doing)
        if meant and (not given or given >= one.n) then
            changed = places.end_one(ws, user, name, one, now, given and '-' or '!') or changed
            one.n = given or one.n
        end
    end
    if given then
        remember(found)
    end
    places.keep(u, name, found, now)
    return changed
end

local changed = false
if session ~= '' then
    local got = redis.call('HMGET', u, session, '@' .. session)
    changed = LIVE[read_record(got[1])] and (got[2] or given) and end_here(session, got[2])
else
    for _, field in ipairs(redis.call('HKEYS', u)) do
        if string.byte(field) == 64 then
            changed = end_here(string.sub(field, 2), redis.call('HGET', u, field)) or changed
        end
    end
end
return 'ok ' .. text(now) .. (changed and ' 1' or ' 0')
