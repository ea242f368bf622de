-- SPDX-License-Identifier: ISC
--
-- What a user is, and what others see of them.
--
-- Parts  records state places hand
-- KEYS   u due state
-- ARGV   workspace user
-- Reply  now_ms own_status shown_status rev(of what they say by hand, with the times that are over; -1: nothing)

local u, due, state = KEYS[1], KEYS[2], KEYS[3]
local workspace, user = ARGV[1], ARGV[2]

local kept = redis.call('HMGET', state, user, '\2' .. user)
local hand = make_hand()
local mode, _, _, rev, steps = hand.read(kept[2])
local own = hand.apply((census({name = workspace, due = due, ended = 0}, u, user)), mode)
return {(clock()), own, (read_state(user, kept[1])), rev and rev + steps or -1}
