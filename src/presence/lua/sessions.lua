-- SPDX-License-Identifier: ISC
--
-- A user's sessions, for administrators.
--
-- Parts  records state places hand
-- KEYS   u due state
-- ARGV   workspace user
-- Reply  now_ms status(the user's own), then for each session: session status flag n beat lease_ends_ms
--        A session that was ended and is remembered has the status ended. lease_ends_ms is 0 without a lease.

local u, due, state = KEYS[1], KEYS[2], KEYS[3]
local workspace, user = ARGV[1], ARGV[2]

local kept = redis.call('HMGET', state, user, '\2' .. user)
local own = read_state(user, kept[1])
if kept[2] then
    local hand = make_hand()
    own = hand.apply((census({name = workspace, due = due, ended = 0}, u, user)), (hand.read(kept[2])))
end
local reply = {(clock()), own}
local all = redis.call('HGETALL', u)
for i = 1, #all, 2 do
    local session = all[i]
    local status, flag, n, beat = read_record(all[i + 1])
    if status then
        local ends = redis.call('ZSCORE', due, workspace .. ' ' .. session .. ' ' .. user)
        local at = #reply
        reply[at + 1], reply[at + 2], reply[at + 3] = session, status == 'x' and 'ended' or status, flag
        reply[at + 4], reply[at + 5] = tonumber(n), tonumber(beat)
        reply[at + 6] = math.floor(math.max(0, math.min(tonumber(ends or 0), 2 ^ 53)))
    end
end
return reply
