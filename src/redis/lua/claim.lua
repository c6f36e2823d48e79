-- Claiming: what a lost response left, then due parked messages and new ones.

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

-- Returned again with the counts that they have; what does not fit stays owned for the next turns.
local function claim_lost(ids)
  kind, made = "replayed", true
  local by_count = {}
  for i = 1, math.min(#ids, claim) do
    local count = own[ids[i]][4]
    has_crashed[ids[i]] = count > 1 or nil -- nobody remembers: look
    by_count[count] = by_count[count] or {}
    append(by_count[count], ids[i])
  end
  for count, list in pairs(by_count) do
    local replies = call_in_slices({ "XCLAIM", stream, group, token, 0 }, list,
      { "RETRYCOUNT", count })
    for _, entries in ipairs(replies) do
      for _, entry in ipairs(entries) do
        give(entry, count, 0)
      end
    end
  end
  recall_crashes(messages)
  lost_payloads = lost_payloads + math.min(#ids, claim) - #messages
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
local function claim_parked(due, room)
  local by_count, ids = {}, {}
  for i = 1, math.min(#due, room) do
    local id, count = due[i][1], due[i][2] + 1
    ids[i] = id
    by_count[count] = by_count[count] or {}
    append(by_count[count], id)
  end
  local given_before = #messages
  for count, list in pairs(by_count) do
    for _, entry in ipairs(take_by_force(list, count)) do
      give(entry, count, 0)
    end
  end
  recall_crashes(messages, given_before)
  call_in_slices({ "ZREM", parked_key }, ids)
end

-- Before 7.2 a consumer is made by its first message, since then by its first read.
local reading_makes = (redis.REDIS_VERSION_NUM or 0x00080000) >= 0x00070200

-- Reads new entries; returns how many came.
local function read_new(count)
  local reply = try("XREADGROUP", "GROUP", group, token, "COUNT", count, "STREAMS", stream, ">")
  made = made or reading_makes
  if not reply then
    return 0
  end
  if reply.err and is_pending_limit(reply) then
    pending_limit = 1
    return 0
  end
  made = true
  local entries = reply[1][2] or reply[2] -- the second where a server flattens the reply
  given = given + #entries
  if #messages == 0 then
    messages = entries
  else
    append(messages, unpack(entries))
  end
  return #entries
end

local function size_of(fields)
  local bytes = 0
  for i = 1, #fields do
    bytes = bytes + #fields[i]
  end
  return bytes
end

-- As many as fit by the size seen so far. Where none was seen, a first slice small enough to fit
-- whatever its payloads are tells how many more do.
local function claim_new(want)
  if want < 1 then -- COUNT 0 would mean all there are
    return
  end
  if size_hint > 0 then
    return read_new(math.min(want, math.max(1, floor(max_bytes / size_hint))))
  end
  local got = read_new(math.min(want, probe))
  if got == probe and want > got then
    local bytes = 0
    for i = #messages - got + 1, #messages do
      bytes = bytes + size_of(messages[i][2])
    end
    local more = floor((max_bytes - bytes) / math.max(1, bytes / got))
    if more > 0 then
      read_new(math.min(want - got, more))
    end
  end
end
