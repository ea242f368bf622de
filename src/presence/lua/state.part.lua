-- SPDX-License-Identifier: ISC
--
-- What others see: the entries of state, and the changes of it, which are told.

-- Status, since, why and note of an entry of state: 'offline' if there is no entry, UNKNOWN if it is not a state, '-'
-- for a mark.
local function read_state(key, json)
    if not json then
        return 'offline', 0, '-', ''
    end
    local status, since, why, note = string.match(json, '^{"status":"(%l+)","since":(%d+),"why":"(%l+)"(.*)}$')
    if not status then
        local good, got = pcall(cjson.decode, json)
        if good and type(got) == 'table' then
            status, since, why = got.status, got.since, got.why
        end
    end
    since = tonumber(since) or -1
    local readable = RANK[status] and type(why) == 'string' and string.find(why, '^%l+$')
    if string.byte(key) == 1 then
        readable, status, why = true, '-', '-'
    end
    if not readable or since < 0 or since >= 2 ^ 53 then
        return UNKNOWN, 0, '-', ''
    end
    return status, math.floor(since), why, note or ''
end

-- Reads epoch and head of a workspace. If they are gone a new epoch begins, above what was left of the old one.
local function open(ws)
    local got = redis.call('HMGET', ws.meta, 'epoch', 'seq')
    if got[1] and #got[1] == 16 and string.find(got[1], '^%w+$') and string.find(got[2] or '', '^%d+$') and
       tonumber(got[2]) < 2 ^ 52 then
        ws.epoch, ws.seq = got[1], tonumber(got[2])
        return
    end
    local last = redis.call('ZREVRANGEBYSCORE', ws.changed, 2 ^ 52, 0, 'WITHSCORES', 'LIMIT', 0, 1)
    ws.epoch, ws.seq = ws.fresh, math.ceil(tonumber(last[2] or 0))
    redis.call('DEL', ws.meta)
    redis.call('HSET', ws.meta, 'epoch', ws.epoch, 'seq', ws.seq, 'floor', 0)
end

-- Whether others see anything of NOTE: it may begin with a setting.
local function is_shown(note)
    return string.gsub(note, '^,"seen":"%l+"', '') ~= ''
end

-- Makes STATUS, since then, the one that others see of KEY, a user or a mark (STATUS is - then), with NOTE. Gives KEY
-- its next seq and tells everyone. Returns what replies say of a change: seq, status, since, why, note.
local function change(ws, key, status, since, why, note)
    if not ws.epoch then
        open(ws)
    end
    local json = '{"since":' .. text(since) .. '}'
    if status ~= '-' then
        json = string.format('{"status":"%s","since":%.0f,"why":"%s"%s}', status, since, why, note)
    end
    ws.seq = redis.call('HINCRBY', ws.meta, 'seq', 1)
    redis.call('HSET', ws.state, key, json)
    redis.call('ZADD', ws.changed, ws.seq, key)
    local told = table.concat({ws.epoch, text(ws.seq), status, text(since), why, key}, ' ')
    redis.call('PUBLISH', ws.channel, note == '' and told or told .. '\n' .. note)
    return ws.seq, status, since, why, note
end
