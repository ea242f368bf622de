-- SPDX-License-Identifier: ISC
--
-- What users really are, whatever others see: of those who are invisible, what their sessions say.
--
-- Parts  records state places hand
-- KEYS   due state [at]
-- ARGV   workspace max user...
-- Reply  "<now_ms> <word>...", a word for each user: their own status (a active, w away, o offline); i, if they are
--        invisible; d<until_ms>, if others may see that they do not want to be disturbed (0: without an end); l, if
--        they are at the place, of which MAX things are read at most.

local LETTERS = {active = 'a', away = 'w', offline = 'o'}

local due, state, at = KEYS[1], KEYS[2], KEYS[3]
local workspace = ARGV[1]
local base = string.sub(state, 1, -6)
local now = text((clock()))
local hand

-- Until when all segments of SAID, from the first on, say that the user does not want to be disturbed; nothing if the
-- first does not. Quotes in a text are escaped, so no text imitates the member.
local function undisturbed(said)
    local before
    for ends, note in string.gmatch(said, '\n(%d+) [-iarp]+ ([^\n]*)') do
        if not string.find(note, ',"dnd":true', 1, true) then
            break
        end
        before = ends
    end
    return before
end

-- Those who are at the place.
local function find_there()
    local there = {}
    local things = at and redis.call('ZRANGEBYSCORE', at, '(' .. now, '+inf', 'LIMIT', 0, ARGV[2]) or {}
    for _, thing in ipairs(things) do
        there[string.match(thing, '^%d+ %S+ %S+ (.*)$') or ''] = true
    end
    return there
end

-- The word of most: of whom others see what they are, and who say nothing by hand. Nothing for all others.
local function plain_word(json, said)
    if not json and not said then
        return 'o'
    end
    return not said and LETTERS[string.match(json, '^{"status":"(%l+)","since":%d+,"why":"%l+"}$')]
end

local function word(user, json, said)
    local status = read_state(user, json)
    local mode = said and hand.read(said) or '-'
    local invisible = string.find(mode, 'i', 1, true)
    if invisible or status == UNKNOWN then
        local u = base .. 'u:' .. user
        status = hand.apply((census({name = workspace, due = due, ended = 0}, u, user)), mode)
    end
    local ends = said and undisturbed(said)
    return LETTERS[status] .. (invisible and 'i' or '') .. (ends and 'd' .. ends or '')
end

local fields = {}
for i = 3, #ARGV do
    fields[#fields + 1], fields[#fields + 2] = ARGV[i], '\2' .. ARGV[i]
end
local kept = fields[1] and redis.call('HMGET', state, unpack(fields)) or {}
local there = find_there()
local words = {now}
hand = make_hand()
for i = 3, #ARGV do
    local user = ARGV[i]
    local json, said = kept[2 * i - 5], kept[2 * i - 4]
    local one = plain_word(json, said) or word(user, json, said)
    words[i - 1] = there[user] and one .. 'l' or one
end
return table.concat(words, ' ')
