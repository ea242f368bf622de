-- SPDX-License-Identifier: ISC
--
-- The renewals of things with which nothing else has happened, as is so of most. They come before the prelude, so that
-- Redis creates nothing that they do not need. The others are left to stay.lua, which describes KEYS, ARGV and the
-- reply.

local call, format, match, sub = redis.call, string.format, string.match, string.sub
local time = call('TIME')
local now = time[1] * 1000 + (time[2] - time[2] % 1000) / 1000
local base = sub(KEYS[1], 1, -6) -- as places.key_of() says
local done, others = {}, {}

-- The line of LIST that ends with WHAT: its n, arrived and ends; and what is in LIST before it, and after its ends.
local function find_line(list, what)
    local from = 1
    while from <= #list do
        local n, arrived, ends, at = match(list, '^(%d+) (%d+) (%d+)()', from)
        if at and sub(list, at, at + #what - 1) == what then
            return n, arrived, ends, sub(list, 1, from - 1), sub(list, at)
        end
        from = (string.find(list, '\n', from, true) or #list) + 1
    end
end

for i = 1, #ARGV / 7 do
    local session, doing, rest, told, given, user, place = unpack(ARGV, 7 * i - 6, 7 * i)
    local u, field, ends = base .. 'u:' .. user, '@' .. session, now + rest
    local list, what = call('HGET', u, field) or '', ' ' .. doing .. ' ' .. place .. '\n'
    local n, arrived, before, at = match(list, '^(%d+) (%d+) (%d+)()')
    local front, tail = '', what
    if not at or sub(list, at) ~= what then -- it is not all that the session does
        n, arrived, before, front, tail = find_line(list, what)
    end
    local last = tonumber(before) or 0
    -- Within the same 100 s: as places.last() says.
    if last > now and ends > last and math.floor(last / 100000) == math.floor(ends / 100000) and
       (n == told or given == '-') then
        local score = format('%d', ends)
        local member = arrived .. ' ' .. session .. ' ' .. doing .. ' ' .. user
        done[i] = '0' -- the set was evicted
        if call('ZADD', base .. 'at:' .. place, 'XX', 'CH', score, member) == 1 then
            n = given == '-' and n or given
            call('HSET', u, field, front .. n .. ' ' .. arrived .. ' ' .. score .. tail)
            done[i] = '1'
        end
    else
        done[i] = ''
        others[#others + 1] = i
    end
end
if #others == 0 then
    return format('%d ', now) .. table.concat(done)
end
