-- SPDX-License-Identifier: ISC
--
-- Gives a lease to users whom others see and who have lost theirs, for example because a partition's due key was
-- evicted. Without one they would be shown forever. Those who are still there beat before it ends. The others lapse as
-- usual.
--
-- Parts  records state places hand
-- KEYS   state changed meta due
-- ARGV   prefix("rollcall:{p}:") workspace after_seq until_seq(or "": the head) batch lease_ms ttl_ms
-- Reply  next_seq(-1: the end was reached) until_seq adopted
--
-- The walk is in seq order, up to the head at which it began: users who change meanwhile are settled by that change.

local state, changed, meta, due = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local prefix, workspace = ARGV[1], ARGV[2]
local after, batch, lease, ttl = tonumber(ARGV[3]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local now = clock()
local last = tonumber(ARGV[4]) or tonumber(redis.call('HGET', meta, 'seq')) or 0

-- Gives a lease to each session of USER that has none; if no session is known, to one that stands for those that were
-- lost, unless the user says by hand that they are here. Returns whether it had to.
local function adopt(user, status)
    local u = prefix .. workspace .. ':u:' .. user
    local all = redis.pcall('HGETALL', u)
    if all.err then -- a key of another kind; expire.lua deals with it
        return false
    end
    local ending, known, adopted = ' ' .. user, false, false
    for i = 1, #all, 2 do
        local member = workspace .. ' ' .. all[i] .. ending
        local has = read_record(all[i + 1])
        known = known or LIVE[has]
        if has and not redis.call('ZSCORE', due, member) then
            redis.call('ZADD', due, now + lease, member)
            adopted = true
        end
    end
    local mode = known and '-' or make_hand().read(redis.call('HGET', state, '\2' .. user))
    if not known and not string.find(mode, 'p', 1, true) then
        redis.call('ZADD', due, now + lease, workspace .. ' ' .. UNKNOWN .. ending)
        redis.call('HSET', u, UNKNOWN, (mode == '-' and status or 'active') .. ' - 0 0 -')
        adopted = true
    end
    if adopted then
        keep(u, lease + ttl)
    end
    return adopted
end

local entries = redis.call('ZRANGEBYSCORE', changed, '(' .. text(after), text(last), 'WITHSCORES', 'LIMIT', 0, batch)
local adopted = 0
for i = 1, #entries, 2 do
    local status = read_state(entries[i], redis.call('HGET', state, entries[i]))
    if LIVE[status] and adopt(entries[i], status) then
        adopted = adopted + 1
    end
end
local done = #entries < 2 * batch
return {done and -1 or math.max(math.ceil(tonumber(entries[#entries])), after + 1), last, adopted}
