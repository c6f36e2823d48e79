-- Parked messages that are due: out of the set, into the pending list, with the count that they had.

-- The ids of the parked messages that are due, which deliveries theirs will be, whether none is parked, and -1
-- where their set was lost; learns when the next one is. Delayed ones that are due go into the stream.
local function due_parked()
  -- One answer for three keys: 1 for each of the first two, and 3 for the last.
  local waiting = call("EXISTS", parked_key, due_key, delayed_key, delayed_key, delayed_key)
  if waiting == 0 then
    return {}, true, 0
  end
  local list = call("ZRANGE", parked_key, 0, claim, "WITHSCORES") -- with one more than may be claimed
  if list[1] == "xd:paused" then
    held_back, claim = 1, 0
    return {}, false, 0
  end
  if waiting > 2 then
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
  if #list == 0 then
    local records = waiting % 3 -- without a set they say that it was lost
    return due, records == 0, records > 0 and -1 or 0
  end
  return due, tonumber(list[2]) == NEVER, 0
end

local unparked = 0 -- how many this turn took out of the set
local claim_parked
do
  local function take_by_force(list, count)
    local entries = {}
    for _, reply in ipairs(call_in_slices({ "XCLAIM", stream, group, token, DAY }, list,
      { "FORCE", "RETRYCOUNT", count })) do
      append(entries, unpack(reply))
    end
    account_for_missing(list, entries, count)
    return entries
  end

  -- Forced into the pending list again with the count that it had. Min-idle is the longest lease: zero
  -- would steal a live one where the group was made anew and somebody has read the entry again.
  function claim_parked(due, room)
    unparked = take_fitting(math.min(#due, room), 10, function(first, last)
      local ids = { unpack(due, first, last) }
      give_counted(ids, due.counts, take_by_force)
      unpark(ids)
    end)
  end
end
