-- SPDX-License-Identifier: ISC
--
-- What follows from the sessions of a user.

-- Takes the leases of a user that are over, and shows what follows from the remaining sessions and from what the user
-- says by hand, if others see something else. Without WHY the latter is the reason. With WHY, nothing is told of
-- somebody invisible, not even what they said before Redis forgot everything: that is told when it is said again, as
-- that of those who are offline. KEPT is what state has of the user, if the caller knows it: the entry and what is
-- said. Returns as change() does, or nothing.
local function settle(ws, u, user, why, kept)
    local best, _, _, over = census(ws, u, user)
    if #over > 0 then
        local _, lapse = make_endings()
        for _, one in ipairs(over) do
            lapse(ws, u, one[1], one[2])
        end
    end
    local got = kept or redis.call('HMGET', ws.state, user, '\2' .. user)
    if not got[1] and not got[2] and not ws.known then
        return nil -- the next beat asks
    end
    local status, note, mode = best, ''
    if got[2] then
        local hand = make_hand()
        mode, note = hand.read(got[2])
        note = string.gsub(note, ',"typing":false', '') -- nobody sees it: they are told nothing if only that changes
        _, status = hand.apply(best, mode)
    end
    local shown, since, shown_why, shown_note = read_state(user, got[1])
    if status ~= shown then
        why = why or status == 'offline' and 'leave' or shown == 'offline' and 'join' or 'beat'
        return change(ws, user, status, ws.now, why, note)
    elseif note ~= shown_note and (got[1] or is_shown(note)) and not (why and string.find(mode, 'i', 1, true)) then
        why = (shown_why == 'removed' or shown_why == '-') and 'leave' or shown_why
        return change(ws, user, status, since, why, note)
    end
end
