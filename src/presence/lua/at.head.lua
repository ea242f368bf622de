-- SPDX-License-Identifier: ISC
--
-- The plain renewal of the only thing that a session does at a place, which is most of what is said of places. It comes
-- before the prelude, so that Redis creates nothing that it does not need, and leaves everything else to at.lua, which
-- describes KEYS, ARGV and the reply. What is still in the list was allowed when it began, and would have been removed
-- if its user had become invisible or turned typing off since.

local call, session, given = redis.call, ARGV[3], ARGV[7]
local got = call('HMGET', KEYS[1], session, '@' .. session)
local n, arrived, before, doing, place = string.match(got[2] or '', '^(%d+) (%d+) (%d+) ([%l-]+) ([^\n]+)\n$')
if place == ARGV[4] and doing == ARGV[5] and string.find(got[1] or '', '^a%l+ [-lc] ') and
   (given == '' or tonumber(given) >= tonumber(n)) then
    local time, format = call('TIME'), string.format
    local now = time[1] * 1000 + (time[2] - time[2] % 1000) / 1000
    local ends, late = now + ARGV[6], now - (tonumber(ARGV[9]) or now) > 5000
    local lasts = tonumber(before) > now and math.floor(before / 100000) == math.floor(ends / 100000) -- as at.lua says
    local member = arrived .. ' ' .. session .. ' ' .. doing .. ' ' .. ARGV[2]
    if lasts and ends > tonumber(before) and not late and
       call('ZADD', KEYS[3], 'XX', 'CH', format('%d', ends), member) == 1 then
        n = given ~= '' and given or n
        call('HSET', KEYS[1], '@' .. session, n .. ' ' .. arrived .. ' ' .. format('%d', ends) .. ' ' .. doing .. ' ' ..
             place .. '\n')
        return 'ok ' .. format('%d', now) .. ' 0'
    end
end
