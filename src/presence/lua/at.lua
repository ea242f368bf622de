-- SPDX-License-Identifier: ISC
--
-- A session is at a place and does something there, for some time. Saying so again renews it. It is no sign of life.
--
-- Parts  records calls places hand
-- KEYS   u state at places
-- ARGV   workspace user session place doing for_ms n(or "") limits("<places of a session> <things of a user>")
--        asked_ms(or "")
-- Reply  "code now_ms changed"
--        code: ok; gone, the session is not live; full, it is at as many places, or its user does as many things, as
--        allowed; late, Redis stood still meanwhile, and nothing was done. changed: 1 if others see another set, 0 if
--        not; - if nothing was done.
--
-- Nothing is done, which is ok, if N is lower than one seen before of the same thing, or if the user is invisible, or
-- does not want it told that they type. What a session does at places is in the field @<session> of its user's hash, so
-- it ends with the session. A renewal tells nobody: who reads the set of a place reads it again when the first end that
-- they know of has passed.

local u, at = KEYS[1], KEYS[3]
local workspace, user, session, place, doing = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local given = tonumber(ARGV[7])
local now = clock()
local ends = now + tonumber(ARGV[6])
local ws = {name = workspace, state = KEYS[2], now = now}

local function reply(code, changed)
    return code .. ' ' .. text(now) .. ' ' .. (changed or '-')
end

if is_late(now, ARGV[9]) then
    return reply('late')
end
local got = redis.call('HMGET', u, session, '@' .. session)
if not LIVE[read_record(got[1])] then
    return reply('gone')
end
local entry, said = unpack(redis.call('HMGET', ws.state, user, '\2' .. user))
if said then
    local hand = make_hand()
    local mode, note = hand.read(said)
    if hand.is_nowhere(mode, note, doing) then
        return reply('ok')
    end
elseif not entry then -- it was lost: they may be invisible
    return reply('ok')
end

local places = make_places()
local found, mine, is_here, here, count = places.read(got[2]), nil, false, {}, 0
for _, one in ipairs(found) do
    local same = one.place == place
    if same and (one.doing == doing or one.doing == '*') and given and given < one.n then
        return reply('ok')
    end
    if same and one.doing == doing then
        mine = one
    end
    if one.ends > now then
        is_here = is_here or same
        count = count + (here[one.place] and 0 or 1)
        here[one.place] = true
    end
end

-- How many things the user does at places, with all sessions.
local function things()
    local all, many = redis.call('HGETALL', u), 0
    for i = 1, #all, 2 do
        for _, one in ipairs(string.byte(all[i]) == 64 and places.read(all[i + 1]) or {}) do
            many = many + (one.ends > now and 1 or 0)
        end
    end
    return many
end

local is_new = not mine or mine.ends <= now
if is_new then
    local max_places, max_things = string.match(ARGV[8], '^(%d+) (%d+)$')
    if not is_here and count >= tonumber(max_places) or things() >= tonumber(max_things) then
        return reply('full')
    end
end
if not mine then
    mine = {n = 0, doing = doing, place = place}
    found[#found + 1] = mine
end
local before = is_new and 0 or mine.ends
mine.arrived = is_new and text(now) or mine.arrived
mine.ends = ends
mine.n = given or mine.n
local added = redis.call('ZADD', at, ends, places.member(session, mine, user)) == 1
places.keep(u, session, found, now)
places.last(ws, place, not added and before, ends)
local changed = added or ends < before
if changed then
    places.tell(ws, added and '+' or given and '-' or '!', user, session, mine)
end
return reply('ok', changed and '1' or '0')
