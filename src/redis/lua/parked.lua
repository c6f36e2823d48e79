-- Parked messages that are due: out of the set, into the pending list, with the count that they had.

-- Writes the crash counts into the given messages that may have some.
local function recall_crashes(list, from)
  local ids, owners = {}, {}
  for i = (from or 0) + 1, #list do
    if has_crashed[list[i][1]] then
      ids[#ids + 1], owners[#owners + 1] = list[i][1], list[i]
    end
  end
  if #ids > 0 then
    for i, count in ipairs(crash_counts(ids)) do
      owners[i][4] = count
    end
  end
end

-- The parked messages that are due, as { id, deliveries }; learns when the next one is.
local function due_parked()
  local head = call("ZRANGE", parked_key, 0, 0, "WITHSCORES")
  if not head[2] or tonumber(head[2]) == NEVER then
    return {}, true
  end
  local first = floor(tonumber(head[2]) / 1024)
  if first > now then
    next_due = first
    return {}, false
  end
  if claim == 0 then
    next_due = first
    return {}, false
  end
  local list = call("ZRANGE", parked_key, "-inf", whole(now * 1024 + 1023), "BYSCORE", "LIMIT", 0,
    claim, "WITHSCORES")
  local due = {}
  for i = 1, #list, 2 do
    local count = tonumber(list[i + 1]) % 1024
    has_crashed[list[i]] = count >= 512 or nil
    due[#due + 1] = { list[i], count % 512 }
  end
  return due, false
end

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
local unparked = 0 -- how many this turn took out of the set

local function claim_parked(due, room)
  local ids, counts = {}, {}
  for i = 1, math.min(#due, room) do
    ids[i], counts[i] = due[i][1], due[i][2] + 1
  end
  local given_before = #messages
  give_counted(ids, counts, take_by_force)
  recall_crashes(messages, given_before)
  call_in_slices({ "ZREM", parked_key }, ids)
  unparked = #ids
end
