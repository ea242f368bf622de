-- SPDX-License-Identifier: ISC
--
-- Who is at a place.
--
-- KEYS   at
-- ARGV   max
-- Reply  now_ms, then for each thing that is done there, those that end first before the others:
--        "<arrived_ms> <session> <doing> <user>" ends_ms. At most MAX.
--
-- What is over is removed, if Redis takes that: nobody who was told so is told otherwise, should the clock be set back.

local now = clock()
redis.pcall('ZREMRANGEBYSCORE', KEYS[1], '-inf', text(now))
local reply = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. text(now), '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[1])
table.insert(reply, 1, text(now))
return reply
