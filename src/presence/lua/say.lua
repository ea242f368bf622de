-- SPDX-License-Identifier: ISC
--
-- What a user says by hand: keeps it, and shows others what follows.
--
-- Parts  records state calls places hand endings sessions
-- KEYS   due state changed meta u ends
-- ARGV   workspace user said held fresh_epoch channel ttl_ms asked_ms(or "")
-- Reply  "code epoch seq now_ms own_status shown_status rev", and if others see a change " change_seq change_status
--        change_since change_why", with "\n<note>" if there is a note
--        code: ok; late, Redis stood still meanwhile, and nothing was done. rev: of what the user says now, with the
--        times that are over.
--
-- Of two that say something, the one with the higher rev stands. So a copy that comes late, or again, changes nothing
-- of it.

local due, u = KEYS[1], KEYS[5]
local workspace, user, said = ARGV[1], ARGV[2], ARGV[3]
local now = clock()
local ws = {name = workspace, due = due, state = KEYS[2], changed = KEYS[3], meta = KEYS[4], channel = ARGV[6],
            fresh = ARGV[5], now = now, ttl = tonumber(ARGV[7]), ends = KEYS[6],
            ended = ended_by(now, ARGV[8], ARGV[4])}

open(ws)
local hand = make_hand()
local _, _, ends, rev, steps = hand.read(said)
if not ends then
    error('not what a user can say by hand')
end
local kept = redis.call('HGET', ws.state, '\2' .. user)
local _, _, kept_ends, kept_rev, kept_steps = hand.read(kept)
local late = is_late(now, ARGV[8])
local seq, status, since, why, note
if not late and (kept_rev or -1) < rev then
    kept = hand.advance(said, said_by(now, ARGV[8], ARGV[4]))
    _, _, _, kept_rev, kept_steps = hand.read(kept)
    hand.keep(ws, u, user, kept)
    seq, status, since, why, note = settle(ws, u, user)
elseif not late then
    if kept_ends > 0 then
        redis.call('ZADD', ws.ends, kept_ends, workspace .. ' ' .. user)
    end
    if string.find((hand.read(kept)), 'i', 1, true) then -- a beat may have kept it, and told others nothing
        seq, status, since, why, note = settle(ws, u, user)
    end
end

local own = hand.apply((census(ws, u, user)), (hand.read(kept)))
local words = {late and 'late' or 'ok', ws.epoch, text(ws.seq), text(now), own,
               (read_state(user, redis.call('HGET', ws.state, user))), text((kept_rev or rev) + (kept_steps or steps))}
if seq then
    words[8], words[9], words[10], words[11] = text(seq), status, text(since), why
end
local line = table.concat(words, ' ')
return (note or '') == '' and line or line .. '\n' .. note
