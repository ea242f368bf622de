-- SPDX-License-Identifier: ISC
--
-- The plain renewal, which is most of what Redis does: an active session stays active. It comes before the prelude, so
-- that Redis creates nothing that it does not need. It reads one record and no other session, and leaves everything
-- else to beat.lua, which describes KEYS, ARGV and the reply. Nothing is more than active, so nobody sees a change.

local session, kind, given = ARGV[3], ARGV[4], ARGV[7]
local record = kind ~= 'join' and ARGV[5] ~= 'away' and redis.call('HGET', KEYS[5], session)
local n, beat, worker = string.match(record or '', '^active [-lc] (%d+) (%d+) (%S+)$')
local newer = n and (given == '' or given == n and kind == 'heartbeat' or
                     string.find(given, '^%d+$') and tonumber(given) > tonumber(n))
if newer and (kind == 'heartbeat' or worker == ARGV[11]) then
    local head = redis.call('HMGET', KEYS[4], 'epoch', 'seq')
    local time, format = redis.call('TIME'), string.format
    local us = time[1] * 1000000 + time[2]
    local now, lease, ttl = (us - us % 1000) / 1000, ARGV[6], ARGV[8]
    local late = now - (tonumber(ARGV[12]) or now) > 5000
    if not late and head[1] and #head[1] == 16 and string.find(head[2] or '', '^%d+$') then
        n, beat = given ~= '' and given or n, format('%d', kind == 'poll' and math.max(beat + 1, us) or beat)
        redis.call('HSET', KEYS[5], session, 'active - ' .. n .. ' ' .. beat .. ' ' .. worker)
        redis.call('PEXPIRE', KEYS[5], format('%d', math.max(2 * ttl, lease + ttl, 120000))) -- see keep()
        redis.call('ZADD', KEYS[1], format('%d', now + lease), ARGV[1] .. ' ' .. session .. ' ' .. ARGV[2])
        return 'ok ' .. head[1] .. ' ' .. head[2] .. ' ' .. format('%d', now) .. ' active 1 ' .. beat
    end
end
