-- SPDX-License-Identifier: ISC
--
-- The places of a workspace where somebody may be.
--
-- KEYS   places
-- ARGV   from(rank) batch
-- Reply  their names, at most BATCH from that rank on. Somebody was there in the last minutes.

return redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. text((clock())), '+inf', 'LIMIT', ARGV[1], ARGV[2])
