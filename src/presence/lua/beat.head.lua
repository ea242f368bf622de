-- SPDX-License-Identifier: ISC
--
-- The plain renewal, which is most of what Redis does: a session stays active, or away. It comes before the prelude,
-- so that Redis creates nothing that it does not need. It reads no other session, and leaves everything else to
-- beat.lua, which describes KEYS, ARGV and the reply. Nothing is more than active, so nobody sees a change. Nor do
-- they if somebody stays away whom they see as active or away; for that, and for the reply, the status that they see
-- is read. If a poll comes to another worker than the one before it, that worker is told: beat.lua says how.

local call = redis.call
local member, session, kind, given = ARGV[1], ARGV[2], ARGV[3], ARGV[5]
local ttl, mine = ARGV[6], '-' -- a heartbeat leases a ttl
if kind == 'poll' then
    ttl, mine = string.match(ARGV[8], '^(%d+) (%S+)')
end
local heard -- by how many, if the worker of its last poll was told
local record = (kind == 'heartbeat' or kind == 'poll' and mine ~= '-') and call('HGET', KEYS[4], session)
local n, beat, worker
local own -- the user's own status with this session alone, if that is another one, by what they say by hand
local renewed, says = 'active - ', ' active 1 ' -- how the record begins then; the reply's own status and alive
if record and ARGV[4] ~= 'away' then
    n, beat, worker = string.match(record, '^active [-lc] (%d+) (%d+) (%S+)$')
    if not n then
        n, beat, worker, own = string.match(record, '^active [-lc] (%d+) (%d+) (%S+)( %l+)$')
        says = own and own .. ' 1 '
    end
end
if record and not n and ARGV[4] ~= 'active' then
    n, beat, worker, own = string.match(record, '^away [-lc] (%d+) (%d+) (%S+)( ?%l*)$')
    local user = string.match(member, '^%S+ %S+ (.*)$')
    local shown = n and string.match(call('HGET', KEYS[2], user) or '', '^{"status":"(%l+)"')
    renewed = 'away - '
    says = (own == '' and ' away' or own or '') .. ' 1 '
    if shown == 'active' or shown == 'away' and says == ' away 1 ' then
        says = ' ' .. shown .. ' 1 '
    elseif shown ~= 'offline' or call('HLEN', KEYS[4]) > 1 or -- else they are invisible, and this is all that they are
           not string.find(call('HGET', KEYS[2], '\2' .. user) or '', '^%d+ %d+\n%d+ %l*i') then
        n = nil
    end
end
if n and (given == '' or given == n and kind == 'heartbeat' or
          string.find(given, '^%d+$') and tonumber(given) > tonumber(n)) then
    local head = call('HMGET', KEYS[3], 'epoch', 'seq')
    local time, format = call('TIME'), string.format
    local us = time[1] * 1000000 + time[2]
    local now, lease = (us - us % 1000) / 1000, ARGV[6]
    local late = now - (tonumber(ARGV[7]) or now) > 5000
    if kind == 'poll' then
        beat = format('%d', math.max(beat + 1, us))
    end
    if not late and kind == 'poll' and worker ~= mine then
        local last, name = string.match(worker, '^[^/+]+'), string.match(mine, '^[^/+]+')
        heard = last ~= name and last ~= '-' and
                call('PUBLISH', 'rollcall:worker:' .. last, beat .. ' ' .. member)
        late = heard == 0 and given == '' -- its worker is dead: beat.lua looks whether a proxy sent it again
        worker = mine
    end
    if not late and head[1] and #head[1] == 16 and string.find(head[2] or '', '^%d+$') then
        n = given ~= '' and given or n
        renewed = renewed .. n .. ' ' .. beat .. ' ' .. worker
        if own then
            renewed = renewed .. own
        end
        if renewed ~= record then
            call('HSET', KEYS[4], session, renewed)
        end
        call('ZADD', KEYS[1], format('%d', now + lease), member) -- first, since it is refused if Redis is out of memory
        call('PEXPIRE', KEYS[4], format('%d', math.max(2 * ttl, lease + ttl, 120000))) -- see keep()
        return (heard and 'told ' or 'ok ') .. head[1] .. ' ' .. head[2] .. ' ' .. format('%d', now) ..
               says .. beat
    end
end
