-- SPDX-License-Identifier: ISC
--
-- Tells readers to fetch something beside presence again: gives each mark a seq and a message of its own.
--
-- Parts  state
-- KEYS   state changed meta
-- ARGV   fresh_epoch channel mark...
-- Reply  epoch seq now_ms

local now = clock()
local ws = {state = KEYS[1], changed = KEYS[2], meta = KEYS[3], channel = ARGV[2], fresh = ARGV[1], now = now}

open(ws)
for i = 3, #ARGV do
    change(ws, ARGV[i], '-', now, '-', '')
end
return {ws.epoch, ws.seq, now}
