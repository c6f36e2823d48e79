-- What a survey says of entries that are in the way.

local nothing_parked = false
local trimmed_unread = 0
-- How many are to be looked at, -1 where the parked set was lost; of orphans that are known already how many there are, and the first.
local leftovers = { count = 0, found = "" }

-- Entries that nobody works on and nobody waits for: completed ones whose time to stay is over, ones that a
-- foreign consumer of the group acknowledged, or orphans. A hint for the trim, which looks itself.
local function look_for_leftovers()
  if leftovers.count < 0 or length == 0 then
    return
  end
  if keep == 1 then
    leftovers.found = string.match(leftovers.orphans or "", "^all (.*)$") or ""
    local over = retain == "" or retain == "MAXLEN" and length > retain_value
      or retain == "MINID" and first_ms < now - retain_value
    if leftovers.found == "" and over and all_settled and nothing_parked and first_ms <= all_read_ms then
      leftovers.count = 1
    end
    return
  end
  local parked_count = nothing_parked and 0 or count_parked()
  local waiting = pending + parked_count + unparked + math.max(0, unread or 0)
  if not unread and (#messages > 0 or waiting > 0) or length <= waiting then
    return
  end
  -- The same number as when somebody looked: it is as it was.
  local count, found = string.match(leftovers.orphans or "", "^(%d+) (.*)$")
  if tonumber(count) == length - waiting then
    leftovers.found = found
  else
    leftovers.count = length - waiting
  end
end
