-- Parked messages that are due: out of the set, into the pending list, with the count that they had.

-- The ids of the parked messages that are due, which deliveries theirs will be, and whether none is parked;
-- learns when the next one is. Delayed ones that are due go into the stream.
local function due_parked()
  local waiting = call("EXISTS", parked_key, delayed_key)
  if waiting == 0 then
    return {}, true
  end
  local list = call("ZRANGE", parked_key, 0, claim, "WITHSCORES") -- with one more than may be claimed
  if list[1] == "xd:paused" then
    held_back, claim = 1, 0
    return {}, false
  end
  if waiting == 2 or #list == 0 then
    promote()
  end
  local due = { counts = {} }
  for i = 1, #list, 2 do
    local time, count = floor(tonumber(list[i + 1]) / 1024), tonumber(list[i + 1]) % 1024
    if time > now or #due == claim then
      if tonumber(list[i + 1]) ~= NEVER then
        is_next_due(time)
      end
      break
    end
    has_crashed[list[i]] = count >= 512 or nil
    due[#due + 1], due.counts[list[i]] = list[i], count % 512 + 1
  end
  return due, #list == 0 or tonumber(list[2]) == NEVER
end

local unparked = 0 -- how many this turn took out of the set
local claim_parked
do
  local function take_by_force(list, count)
    local entries = {}
    for _, reply in ipairs(call_in_slices({ "XCLAIM", stream, group, token, lease }, list,
      { "FORCE", "RETRYCOUNT", count })) do
      append(entries, unpack(reply))
    end
    account_for_missing(list, entries, count)
    return entries
  end

  -- Forced into the pending list again with the count that it had. Min-idle is the lease: zero would
  -- steal a live one where the group was made anew and somebody has read the entry again.
  function claim_parked(due, room)
    unparked = take_fitting(math.min(#due, room), 10, function(first, last)
      local ids = { unpack(due, first, last) }
      give_counted(ids, due.counts, take_by_force)
      call_in_slices({ "ZREM", parked_key }, ids)
    end)
  end
end
