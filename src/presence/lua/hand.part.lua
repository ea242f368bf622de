-- SPDX-License-Identifier: ISC
--
-- What a user says by hand is kept as their schedule (view/layers.h), a text: "<rev> <steps>", then a line "<ends_ms>
-- <mode> <note>" for each segment. The first line is in force until its end comes (0: it has none). Then it is dropped,
-- and STEPS counts that. If nothing is said any more, the text stays: its rev tells an older one. MODE has letters, or
-- is -: i, others see them offline; p, they are here without a session; a, active is lowered to away; r, away is raised
-- to active. NOTE is what else others see: members of JSON, each with a comma before it. Nothing here looks into it.

-- What concerns only users who say something by hand. It is made when it is needed: each function costs each call.
local function make_hand()
    local hand = {}

    -- Mode, note, next end, rev and steps of SAID; '-' and '' if that is nothing.
    function hand.read(said)
        local rev, steps, ends, mode, note = string.match(said or '', '^(%d+) (%d+)\n(%d+) ([-iarp]+) ([^\n]*)')
        return mode or '-', note or '', tonumber(ends), tonumber(rev), tonumber(steps)
    end

    -- The own status of a user whose sessions make it STATUS, and the one that others see, with MODE.
    function hand.apply(status, mode)
        if status == 'offline' and string.find(mode, 'p', 1, true) then
            status = 'active'
        end
        if status == 'active' and string.find(mode, 'a', 1, true) then
            status = 'away'
        end
        if status == 'away' and string.find(mode, 'r', 1, true) then
            status = 'active'
        end
        return status, string.find(mode, 'i', 1, true) and 'offline' or status
    end

    -- What the record of a session ends with that makes its user STATUS, with MODE.
    function hand.ending(status, mode)
        local own = hand.apply(status, mode)
        return own == status and '' or ' ' .. own
    end

    -- Whether a user of MODE and NOTE is at no place, doing DOING: nobody who is invisible is, and nobody types who
    -- does not want that told.
    function hand.is_nowhere(mode, note, doing)
        return string.find(mode, 'i', 1, true) or doing == 'typing' and string.find(note, ',"typing":false', 1, true)
    end

    -- SAID without what was over by ENDED.
    function hand.advance(said, ended)
        local rev, steps, rest = string.match(said, '^(%d+) (%d+)\n(.*)$')
        local ends, later = string.match(rest or '', '^(%d+) [^\n]*\n?(.*)$')
        while ends and tonumber(ends) > 0 and tonumber(ends) <= ended do
            steps, rest = steps + 1, later ~= '' and later or '0 - '
            ends, later = string.match(rest, '^(%d+) [^\n]*\n?(.*)$')
        end
        return ends and rev .. ' ' .. text(tonumber(steps)) .. '\n' .. rest
    end

    -- Keeps SAID as what USER says from now on, and tells the user's own polls.
    function hand.keep(ws, u, user, said)
        local mode, note, ends, rev, steps = hand.read(said)
        redis.call('HSET', ws.state, '\2' .. user, said)
        if ends > 0 then
            redis.call('ZADD', ws.ends, ends, ws.name .. ' ' .. user)
        else
            redis.call('ZREM', ws.ends, ws.name .. ' ' .. user)
        end
        local all = redis.call('HGETALL', u)
        for i = 1, #all, 2 do
            local status, _, _, _, _, ending = read_record(all[i + 1])
            if LIVE[status] and ending ~= hand.ending(status, mode) then
                local record = string.sub(all[i + 1], 1, #all[i + 1] - #ending)
                redis.call('HSET', u, all[i], record .. hand.ending(status, mode))
            elseif string.byte(all[i]) == 64 and hand.is_nowhere(mode, note, 'typing') then
                local doing = not string.find(mode, 'i', 1, true) and 'typing' or nil
                make_places().end_all(ws, u, user, string.sub(all[i], 2), all[i + 1], doing)
            end
        end
        redis.call('PUBLISH', 'rollcall:own', ws.name .. ' ' .. text(rev + steps) .. ' ' .. user)
    end

    return hand
end
