-- SPDX-License-Identifier: ISC
--
-- A workspace was deleted: removes everything that is kept of it, a portion at a time.
--
-- KEYS   due state changed meta
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
    redis.call('HDEL', state, user)
    redis.call('ZREM', changed, user)
end

if ARGV[4] ~= '' then
    forget(ARGV[4])
end
local users = redis.call('ZRANGE', changed, 0, batch - 1)
for _, user in ipairs(users) do
    forget(user)
end
if #users == batch then
    return 1
end
redis.call('DEL', state, changed, meta)
return 0
