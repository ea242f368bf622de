-- SPDX-License-Identifier: ISC
--
-- Forgets users who have been offline for long, unless they have a note that others see; and old marks. A portion at a
-- time.
--
-- Parts  state
-- KEYS   state changed meta
-- ARGV   cutoff_ms from_rank batch
-- Reply  next_rank(-1: the end was reached) pruned
--
-- The floor is raised to the highest seq forgotten: a cursor below it can no longer be continued. An entry that
-- cannot be read is forgotten too; the user's next join shows them again. The walk ends at the first entry that is not
-- as old, since all that follow have changed later. What users say by hand is kept.

local state, changed, meta = KEYS[1], KEYS[2], KEYS[3]
local cutoff, from, batch = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local floor = tonumber(redis.call('HGET', meta, 'floor')) or 0
local highest, pruned = floor, 0

local entries = redis.call('ZRANGE', changed, from, from + batch - 1, 'WITHSCORES')
for i = 1, #entries, 2 do
    local key = entries[i]
    local status, since, _, note = read_state(key, redis.call('HGET', state, key))
    if since >= cutoff then
        from = -1
        break
    end
    if not LIVE[status] and not is_shown(note) then
        redis.call('ZREM', changed, key)
        redis.call('HDEL', state, key)
        highest = math.max(highest, tonumber(entries[i + 1]))
        pruned = pruned + 1
    end
end
if highest > floor and redis.call('EXISTS', meta) == 1 then
    redis.call('HSET', meta, 'floor', text(highest))
end
return {(from < 0 or #entries < 2 * batch) and -1 or from + batch - pruned, pruned}
