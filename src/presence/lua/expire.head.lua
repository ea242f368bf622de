-- SPDX-License-Identifier: ISC
--
-- What is due, which is nothing in most partitions at most times. It comes before the prelude, so that Redis creates
-- nothing that it does not need then, and leaves everything else to expire.lua, which describes KEYS, ARGV and the
-- reply, and goes on with what was read here.

local call, format = redis.call, string.format
local time = call('TIME')
local now = time[1] * 1000 + (time[2] - time[2] % 1000) / 1000
local leapt = ARGV[2] ~= '' and math.abs(now - ARGV[2]) > tonumber(ARGV[3])
if leapt and (now > tonumber(ARGV[2]) or call('EXISTS', ARGV[1] .. 'placed') == 0) then
    return {now, 1, 0, 0, 0, 0}
end

local horizon, batch = now + math.max(ARGV[5], ARGV[7]), tonumber(ARGV[6])
local too_late = call('ZRANGEBYSCORE', KEYS[1], '(' .. format('%d', horizon), '+inf', 'LIMIT', 0, batch)
local members = call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, batch)
local ended = call('ZRANGEBYSCORE', KEYS[2], '-inf', now, 'LIMIT', 0, batch - #members)
local moving = call('EXISTS', ARGV[1] .. 'back:todo') == 1
if not leapt and not moving and #too_late + #members + #ended == 0 then
    return {now, 0, 0, 0, 0, 0}
end
