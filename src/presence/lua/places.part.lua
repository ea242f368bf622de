-- SPDX-License-Identifier: ISC
--
-- Places: what an application calls so, or dm:<id> for a conversation. Who is there is told on a channel of its own,
-- <...>:places, which says only that the set of a place is another one. Nothing of it has a seq.

-- Whether a user of MODE and NOTE is at no place, doing DOING: nobody who is invisible is, and nobody types who does not
-- want that told.
local function is_nowhere(mode, note, doing)
    return string.find(mode, 'i', 1, true) or doing == 'typing' and string.find(note, ',"typing":false', 1, true)
end

-- What the field @<session> says, as a list of {n, arrived, ends, doing, place}.
local function read_places(list)
    local found = {}
    for n, arrived, ends, doing, place in string.gmatch(list or '', '(%d+) (%d+) (%d+) ([%l*-]+) ([^\n]+)\n') do
        found[#found + 1] = {n = tonumber(n), arrived = arrived, ends = tonumber(ends), doing = doing, place = place}
    end
    return found
end

-- Keeps FOUND as where SESSION is. What is over is remembered for a minute if it has an n, and in 100 lines at most.
local function keep_places(u, session, found, now)
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
local function key_of(ws, ending)
    return string.sub(ws.state, 1, -6) .. ending
end

-- The member that ONE of the things that SESSION of USER does at places is in the set of its place.
local function there(session, one, user)
    return table.concat({one.arrived, session, one.doing, user}, ' ')
end

-- Lets ONE of the things that SESSION of USER does at places end at ENDS, if it would not have ended by then.
local function end_one(ws, user, session, one, ends)
    if one.ends <= ends then
        return false
    end
    if ends <= ws.now then
        redis.call('ZREM', key_of(ws, 'at:' .. one.place), there(session, one, user))
    else
        redis.call('ZADD', key_of(ws, 'at:' .. one.place), 'XX', ends, there(session, one, user))
    end
    one.ends = ends
    redis.call('PUBLISH', key_of(ws, 'places'), one.place)
    return true
end

-- SESSION of USER, which is where LIST says, if it is anywhere, does nothing at any place from now on; with DOING only
-- not that, and the rest for at most REST_MS more, if that is given.
local function end_places(ws, u, user, session, list, doing, rest_ms)
    if not list then
        return
    end
    local found = read_places(list)
    for _, one in ipairs(found) do
        if not doing or one.doing == doing then
            end_one(ws, user, session, one, ws.now)
        elseif rest_ms then
            end_one(ws, user, session, one, ws.now + rest_ms)
        end
    end
    keep_places(u, session, doing and found or {}, ws.now)
end
