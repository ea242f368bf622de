-- SPDX-License-Identifier: ISC
--
-- A workspace was deleted: removes everything that is kept of it, a portion at a time.
--
-- KEYS   due state changed meta ends
-- ARGV   prefix("rollcall:{p}:") workspace batch user
--        user: one who may have sessions that nobody was ever told of, or ""
-- Reply  1: there is more to remove; 0: everything is removed
--
-- A lease whose record was evicted stays in due until it runs out; that changes nothing.

local due, state, changed, meta = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local prefix, workspace, batch = ARGV[1], ARGV[2], tonumber(ARGV[3])

local function forget(user)
    local u = prefix .. workspace .. ':u:' .. user
    for _, session in ipairs(redis.call('HKEYS', u)) do
        redis.call('ZREM', due, workspace .. ' ' .. session .. ' ' .. user)
    end
    redis.call('DEL', u)
    redis.call('HDEL', state, user, '\2' .. user)
    redis.call('ZREM', changed, user)
    redis.call('ZREM', KEYS[5], workspace .. ' ' .. user)
end

-- Forgets users whom nobody was told of, though they say something by hand. Returns whether there may be more.
local function forget_unseen()
    local cursor, forgotten = '0', 0
    repeat
        local got = redis.call('HSCAN', state, cursor, 'MATCH', '\2*', 'COUNT', batch)
        cursor = got[1]
        for i = 1, #got[2], 2 do
            forget(string.sub(got[2][i], 2))
            forgotten = forgotten + 1
        end
    until cursor == '0' or forgotten >= batch
    return cursor ~= '0'
end

-- Forgets who is at places. Returns whether there may be more.
local function forget_places()
    local places = prefix .. workspace .. ':places'
    local names = redis.call('ZRANGE', places, 0, batch - 1)
    for _, name in ipairs(names) do
        redis.call('DEL', prefix .. workspace .. ':at:' .. name)
        redis.call('ZREM', places, name)
    end
    redis.call('ZREM', prefix .. 'placed', workspace)
    return #names == batch
end

if ARGV[4] ~= '' then
    forget(ARGV[4])
end
local users = redis.call('ZRANGE', changed, 0, batch - 1)
for _, user in ipairs(users) do
    forget(user)
end
if #users == batch or forget_unseen() or forget_places() then
    return 1
end
redis.call('DEL', state, changed, meta, prefix .. workspace .. ':hooks')
return 0
