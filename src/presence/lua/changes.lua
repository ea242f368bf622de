-- SPDX-License-Identifier: ISC
--
-- The only read: what changed after a seq, in seq order, each user or mark once with its latest state.
--
-- Parts  state
-- KEYS   state changed meta
-- ARGV   fresh_epoch since limit
-- Reply  epoch head floor now_ms, then for each change: key seq status since why note
--        A mark has status and why "-". An entry that cannot be read, because Rollcall did not write it, has the
--        status "?".
--
-- If there are fewer changes than limit, there are no more.

local now = clock()
local ws = {state = KEYS[1], changed = KEYS[2], meta = KEYS[3], fresh = ARGV[1], now = now}

open(ws)
local since = math.floor(tonumber(ARGV[2]) or 0)
local floor = tonumber(redis.call('HGET', ws.meta, 'floor')) or 0
floor = floor >= 0 and floor <= ws.seq and floor or 0
local reply = {ws.epoch, ws.seq, floor, now}
local entries = redis.call('ZRANGEBYSCORE', ws.changed, '(' .. text(since), text(ws.seq), 'WITHSCORES', 'LIMIT', 0,
                           math.floor(tonumber(ARGV[3]) or 0))

local last = since
for i = 1, #entries, 2 do
    local key, seq = entries[i], tonumber(entries[i + 1])
    local json = redis.call('HGET', ws.state, key)
    local status, changed_at, why, note = read_state(key, json)
    if not json or seq <= last or seq % 1 ~= 0 then
        status = UNKNOWN
    end
    last = math.max(last, seq)
    local at = #reply
    reply[at + 1], reply[at + 2], reply[at + 3], reply[at + 4] = key, seq, status, changed_at
    reply[at + 5], reply[at + 6] = why, note
end
return reply
