-- SPDX-License-Identifier: ISC
--
-- When a call was made, and what it may still do.

-- Whether a call comes so late that its client has been told, or is about to be, that Redis is out of reach: Redis
-- stood still before it ran the call. ASKED is Redis's time when the call was made, as a worker has followed it, less
-- the time for which Redis had said nothing by then; or "".
local function is_late(now, asked)
    return now - (tonumber(asked) or now) > 5000
end

-- Leases that ended by this time are over. HELD is "0", or while nobody may be judged, the last time when they could be
-- ("1": never). What ended while Redis stood still, or because its clock leapt, is not over.
local function ended_by(now, asked, held)
    return held == '0' and math.min(now, tonumber(asked) or 0) or 0
end

-- The same for what users say by hand. There was nobody to renew it, so what had ended before is over. The clock may
-- have been set back since.
local function said_by(now, asked, held)
    return held == '0' and ended_by(now, asked, held) or math.min(now, tonumber(held))
end
