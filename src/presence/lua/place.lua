-- SPDX-License-Identifier: ISC
--
-- Who is at a place.
--
-- KEYS   at
-- ARGV   max
-- Reply  now_ms, then for each thing that is done there, those that end first before the others:
--        "<arrived_ms> <session> <doing> <user>" ends_ms. At most MAX.

local now = clock()
local reply = redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. text(now), '+inf', 'WITHSCORES', 'LIMIT', 0, ARGV[1])
table.insert(reply, 1, text(now))
return reply
