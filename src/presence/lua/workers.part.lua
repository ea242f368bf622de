-- SPDX-License-Identifier: ISC
--
-- What is told to the worker that has a session's latest poll.

-- The name of WORKER, which may be followed by / and what its poll said, or by +.
local function name_of(worker)
    return string.match(worker, '^[^/+]+')
end

-- Tells the worker that got a session's latest poll, if there is one, of a later poll with that BEAT. With '0', of
-- something else, after which that worker has to ask about the session's next poll; streams have no next poll, so their
-- workers are not told. Returns how many heard it, or nil. The caller is answered only when they can know.
local function tell_worker(worker, beat, member)
    if worker and worker ~= '-' and (beat ~= '0' or string.sub(worker, -1) ~= '+') then
        return redis.call('PUBLISH', 'rollcall:worker:' .. name_of(worker), beat .. ' ' .. member)
    end
end
