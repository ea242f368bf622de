-- SPDX-License-Identifier: ISC
--
-- Stores how far a webhook has come in a workspace, unless the workspace is gone.
--
-- KEYS   meta hooks
-- ARGV   id JSON; "" forgets it
-- Reply  1; 0 if nothing was stored

if ARGV[2] == '' then
    redis.call('HDEL', KEYS[2], ARGV[1])
    return 1
end
if redis.call('EXISTS', KEYS[1]) == 0 then
    return 0
end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return 1
