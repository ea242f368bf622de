-- SPDX-License-Identifier: ISC
--
-- What all presence scripts share. A script is run as this text, then the parts that its first lines name in order
-- (<part>.part.lua), then its own. It names only what it needs, because every function costs every call.
--
-- All times are by Redis's own clock, in ms since 1970; beat numbers are in us. Lua turns a large number into text with
-- an exponent, so only text() turns numbers into text; as arguments of redis.call they may stand as they are.
--
--   due      sorted set   "<workspace> <session> <user>" -> deadline. A session is live until its entry was taken.
--   u        hash         session -> record: "<status> <flag> <n> <beat> <worker>", and "<own>" if it differs
--                         status  active, away, or x: a tombstone, whose beat tells when it ended
--                         flag    - none, l ended by its user, c connection lost: what its lapse will mean
--                         beat    of its latest poll or join, in us, growing; 0 before the first
--                         worker  who got its latest poll, or -; with a + if that is a stream, which goes on
--                         own     the user's own status by what they say by hand, as far as it depends on this session
--                         @<session>: where the session is, a line "<n> <arrived_ms> <ends_ms> <doing> <place>" for
--                         each thing that it does at a place, or did there lately; doing *: everything
--   state    hash         user -> {"status","since","why"} and the note; a mark -> {"since"}; \2user -> what the user
--                         says by hand
--   changed  sorted set   user or mark -> seq of its latest change
--   meta     hash         epoch, seq (the head), floor (the highest seq that was pruned)
--   ends     sorted set   "<workspace> <user>" -> when what the user says by hand changes next
--   at       sorted set   of a place: "<arrived_ms> <session> <doing> <user>" -> when that ends
--   places   sorted set   place -> until when somebody may be there
--   placed   sorted set   workspace -> the same of any of its places
--   back     hash         from, to: how the clock was set back last
--   back:todo  sorted set   what of the places is still to be moved by that; see expire.lua
--
-- A mark is a pseudo-user that begins with \1, as no user's id can. A workspace is passed around as WS: its keys, its
-- name, NOW, the TTL, a FRESH epoch in case it has none, ENDED: leases that ended by then are over; and KNOWN: whether
-- it is certain that a user of whom nothing is kept says nothing by hand.

local LIVE = {active = true, away = true}
local RANK = {offline = 0, away = 1, active = 2}
local UNKNOWN = '?' -- the status of what cannot be read; also the session that stands for those whose records were lost

local function text(number)
    return string.format('%.0f', number)
end

-- Now, in ms and in us.
local function clock()
    local time = redis.call('TIME')
    local us = time[1] * 1000000 + time[2]
    return (us - us % 1000) / 1000, us
end
