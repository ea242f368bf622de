-- SPDX-License-Identifier: ISC
--
-- Tries each command that the scripts need, with the caller's rights.
--
-- KEYS   a key of its own: rollcall:{0}:probe
-- ARGV   channel
-- Reply  a text "COMMAND: error" for each that failed. Nothing is left behind

local key = KEYS[1]
local failed = {}

local function try(command, ...)
    local result = redis.pcall(command, ...)
    if type(result) == 'table' and result.err then
        failed[#failed + 1] = command .. ': ' .. result.err
    end
end

try('TIME')
try('HSET', key, 'a', 1) -- the first write: after another, Redis does not refuse this one if it is out of memory
try('PEXPIRE', key, 1000) -- so that the key expires even if this user may not remove it
try('PTTL', key)
try('HINCRBY', key, 'a', 1)
try('HGET', key, 'a')
try('HMGET', key, 'a')
try('HGETALL', key)
try('HKEYS', key)
try('HLEN', key)
try('EXISTS', key)
try('HSCAN', key, 0)
try('HDEL', key, 'a') -- the last field: the key is gone then, and can be of another kind
try('ZADD', key, 1, 'a')
try('ZSCORE', key, 'a')
try('ZRANGE', key, 0, 0)
try('ZRANGEBYSCORE', key, 0, 1)
try('ZREVRANGEBYSCORE', key, 1, 0)
try('ZREMRANGEBYSCORE', key, 5, 6)
try('ZREM', key, 'a')
try('PUBLISH', ARGV[1], '')
try('DEL', key)
return failed
