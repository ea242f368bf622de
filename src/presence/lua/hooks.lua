-- SPDX-License-Identifier: ISC
--
-- How far webhooks have come in a workspace.
--
-- KEYS   meta hooks
-- Reply  now_ms, epoch, head, then for each webhook of which something is known: id, JSON
--        An empty epoch and 0 if nothing is known of the workspace.

local meta = redis.call('HMGET', KEYS[1], 'epoch', 'seq')
local reply = {(clock()), meta[1] or '', tonumber(meta[2]) or 0}
for _, part in ipairs(redis.call('HGETALL', KEYS[2])) do
    reply[#reply + 1] = part
end
return reply
