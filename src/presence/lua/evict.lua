-- SPDX-License-Identifier: ISC
--
-- A member was removed: ends all sessions of a user and tells everyone, the user's own polls included.
--
-- Parts  state places
-- KEYS   due state changed meta u ends
-- ARGV   workspace user fresh_epoch channel
-- Reply  code epoch seq now_ms change_seq change_status change_since change_why change_note
--        code: ok; none, the user was removed before and has not come back. The last five are "" then.
--
-- Makes one change with why removed, also for a user who was never seen: a poll without a session may be parked. What
-- they say by hand goes too.

local due, u = KEYS[1], KEYS[5]
local workspace, user = ARGV[1], ARGV[2]
local now = clock()
local ws = {name = workspace, state = KEYS[2], changed = KEYS[3], meta = KEYS[4], channel = ARGV[4],
            fresh = ARGV[3], now = now}

open(ws)
redis.call('HDEL', ws.state, '\2' .. user)
redis.call('ZREM', KEYS[6], workspace .. ' ' .. user)
local sessions = redis.call('HKEYS', u)
local _, _, why, note = read_state(user, redis.call('HGET', ws.state, user))
if why == 'removed' and note == '' and #sessions == 0 then
    return {'none', ws.epoch, ws.seq, now, '', '', '', '', ''}
end
for _, session in ipairs(sessions) do
    redis.call('ZREM', due, workspace .. ' ' .. session .. ' ' .. user)
    if string.byte(session) == 64 then
        make_places().end_all(ws, u, user, string.sub(session, 2), redis.call('HGET', u, session))
    end
end
redis.call('DEL', u)
local seq, status, since, removed = change(ws, user, 'offline', now, 'removed', '')
return {'ok', ws.epoch, ws.seq, now, seq, status, since, removed, ''}
