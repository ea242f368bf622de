-- SPDX-License-Identifier: ISC
--
-- Whose turn it is to deliver webhooks, of all processes on this Redis: one at a time, for as long as it says so again.
-- It is also told what others ask of it.
--
-- KEYS   turn asks
-- ARGV   owner lease_ms, then for each ask that is done: ask stamp
--        lease_ms: 0 if the owner gives its turn back
-- Reply  now_ms, 1 if it is the owner's turn, otherwise 0, then for each ask that is to be done: ask stamp
--        The stamp tells an ask from the same one asked again.

local turn, asks = KEYS[1], KEYS[2]
local owner, lease = ARGV[1], math.floor(tonumber(ARGV[2]) or 0)
local now = clock()

local holder = redis.call('HGET', turn, 'owner')
if holder and holder ~= owner then
    return {now, 0}
end
for i = 3, #ARGV - 1, 2 do
    if redis.call('HGET', asks, ARGV[i]) == ARGV[i + 1] then
        redis.call('HDEL', asks, ARGV[i])
    end
end
if lease == 0 then
    redis.call('DEL', turn)
    return {now, 0}
end
redis.call('HSET', turn, 'owner', owner)
redis.call('PEXPIRE', turn, lease)
local reply = {now, 1}
for _, part in ipairs(redis.call('HGETALL', asks)) do
    reply[#reply + 1] = part
end
return reply
