-- SPDX-License-Identifier: ISC
--
-- Places: what an application calls so, or dm:<id> for a conversation. That the set of a place is another one is told
-- on a channel of its own, <...>:places: "<+|-|!> <session> <doing> <place>\n<user>". + says that this thing began
-- there, - that it ended or will end earlier, and counts tell what was said later; ! the same, whatever was said of it
-- before. Nothing of it has a seq. A worker of another release may have sent more lines, or another sign, after which a
-- set is only read again.

-- What concerns places. It is made when it is needed, as most are nowhere: each function costs each call.
local function make_places()
    local places = {}

    -- What the field @<session> says, as a list of {n, arrived, ends, doing, place}.
    function places.read(list)
        local found = {}
        for n, arrived, ends, doing, place in string.gmatch(list or '', '(%d+) (%d+) (%d+) ([%l*-]+) ([^\n]+)\n') do
            found[#found + 1] = {n = tonumber(n), arrived = arrived, ends = tonumber(ends), doing = doing,
                                 place = place}
        end
        return found
    end

    -- Keeps FOUND as where SESSION is. What is over is remembered for a minute if it has an n, and in 100 lines at
    -- most.
    function places.keep(u, session, found, now)
        local lines, spare = {}, #found - 100
        for _, one in ipairs(found) do
            if one.ends > now or one.n > 0 and one.ends > now - 60000 and spare <= 0 then
                lines[#lines + 1] = table.concat({text(one.n), one.arrived, text(one.ends), one.doing, one.place}, ' ')
            else
                spare = spare - 1
            end
        end
        if #lines > 0 then
            redis.call('HSET', u, '@' .. session, table.concat(lines, '\n') .. '\n')
        else
            redis.call('HDEL', u, '@' .. session)
        end
    end

    -- The key of what begins with that of the workspace's state.
    function places.key_of(ws, ending)
        return string.sub(ws.state, 1, -6) .. ending
    end

    -- The member that ONE of the things that SESSION of USER does at places is in the set of its place.
    function places.member(session, one, user)
        return table.concat({one.arrived, session, one.doing, user}, ' ')
    end

    -- Tells that ONE of the things that SESSION of USER does at places began (SIGN is +), or ends (- or !).
    function places.tell(ws, sign, user, session, one)
        local told = table.concat({sign, session, one.doing, one.place}, ' ')
        redis.call('PUBLISH', places.key_of(ws, 'places'), told .. '\n' .. user)
    end

    -- What is done at PLACE ends at ENDS now, and did so BEFORE, or at no time. The place's key and its entry among the
    -- places go by themselves some minutes after the last end. They are renewed now and then: what goes on is said
    -- again at the latest after 300 s.
    function places.last(ws, place, before, ends)
        if math.floor((before or 0) / 100000) ~= math.floor(ends / 100000) then
            local at, all = places.key_of(ws, 'at:' .. place), places.key_of(ws, 'places')
            redis.call('ZREMRANGEBYSCORE', at, '-inf', ws.now)
            redis.call('PEXPIRE', at, 600000)
            redis.call('ZREMRANGEBYSCORE', all, '-inf', ws.now)
            redis.call('ZADD', all, ws.now + 600000, place)
            redis.call('PEXPIRE', all, 600000)
            local prefix, name = string.match(ws.state, '^(rollcall:{[^}]*}:)(.*):state$')
            redis.call('ZREMRANGEBYSCORE', prefix .. 'placed', '-inf', ws.now)
            redis.call('ZADD', prefix .. 'placed', ws.now + 600000, name)
            redis.call('PEXPIRE', prefix .. 'placed', 600000)
        end
    end

    -- Lets ONE of the things that SESSION of USER does at places end at ENDS, if it would not have ended by then. SIGN
    -- is told, or -.
    function places.end_one(ws, user, session, one, ends, sign)
        if one.ends <= ends then
            return false
        end
        if ends <= ws.now then
            redis.call('ZREM', places.key_of(ws, 'at:' .. one.place), places.member(session, one, user))
        else
            redis.call('ZADD', places.key_of(ws, 'at:' .. one.place), 'XX', ends, places.member(session, one, user))
        end
        one.ends = ends
        places.tell(ws, sign or '-', user, session, one)
        return true
    end

    -- SESSION of USER, which is where LIST says, does nothing at any place from now on; with DOING only not that, and
    -- the rest for at most REST_MS more, if that is given.
    function places.end_all(ws, u, user, session, list, doing, rest_ms)
        local found = places.read(list)
        for _, one in ipairs(found) do
            if not doing or one.doing == doing then
                places.end_one(ws, user, session, one, ws.now, '!')
            elseif rest_ms then
                places.end_one(ws, user, session, one, ws.now + rest_ms, '!')
            end
        end
        places.keep(u, session, doing and found or {}, ws.now)
    end

    return places
end
