-- What a survey says of entries that are in the way.

local nothing_parked = false
local trimmed_unread = 0

-- Entries that nobody works on and nobody waits for: completed ones whose time to stay is over, or
-- ones that a foreign consumer of the group acknowledged. A hint for the trim, which looks itself.
local function leftovers_in_the_way()
  if length == 0 then
    return false
  end
  if keep == 1 then
    local over = retain == "" or retain == "MAXLEN" and length > retain_value
      or retain == "MINID" and first_ms < now - retain_value
    return over and all_settled and nothing_parked and first_ms <= all_read_ms
  end
  local parked_count = nothing_parked and 0 or count_parked()
  local waiting = pending + parked_count + unparked + math.max(0, unread or 0)
  return unread and length > waiting or #messages == 0 and waiting == 0
end
