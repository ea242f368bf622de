-- SPDX-License-Identifier: ISC
--
-- Asks the process that delivers webhooks to do something.
--
-- KEYS   asks, which is also the name of the channel
-- ARGV   ask("test <id>", "replay <workspace> <id> <cursor or ->", ...) most keep_ms
-- Reply  1; 0: as many as that wait already

local asks, ask = KEYS[1], ARGV[1]
local _, us = clock()

if not redis.call('HGET', asks, ask) and redis.call('HLEN', asks) >= tonumber(ARGV[2]) then
    return 0
end
redis.call('HSET', asks, ask, text(us))
redis.call('PEXPIRE', asks, math.floor(tonumber(ARGV[3]) or 0))
redis.call('PUBLISH', asks, ask)
return 1
