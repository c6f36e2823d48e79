-- Suspects: delivered before and never settled, so their pass died with them in hand. The first time
-- they come again in a small batch, after that alone, so that the one that kills takes few along.

local kind = "ordinary"
local made = false -- whether this token may have become a consumer

local given = 0 -- how many were given, those that the keys or the size took back included

-- A message is an entry of Redis, { id, fields }, with its delivery count and crashes behind; for a
-- new one, which has 1 and 0, they are left away.
local function give(entry, count, crashes)
  given = given + 1
  entry[3], entry[4] = count, crashes
  messages[#messages + 1] = entry
end

local function bytes_of(first, last)
  local bytes = 0
  for i = first, last do
    local fields = messages[i][2]
    for k = 1, #fields do
      bytes = bytes + #fields[k]
    end
  end
  return bytes
end

-- Takes up to `want`, as many as fit into what is left of the bytes, or into `half` of them: by the size seen so
-- far, but no more than `few`, at first, and then by their own. `take(first, last)` gives them; if it gives fewer,
-- there are no more. Where not one fits into a half, one comes in every other turn.
local function take_fitting(want, few, take, half)
  local before, at = #messages, 0
  local room = half or max_bytes - bytes_of(1, before)
  local size = floor(room / more.size_hint)
  size = math.max(half and now % 2 or before == 0 and 1 or 0, math.min(size, few))
  while at < want and size > 0 do
    local last = math.min(at + size, want)
    take(at + 1, last)
    at, size = last, 0
    if at < want and #messages - before == at then
      local bytes = bytes_of(before + 1, #messages)
      size = floor((room - bytes) * at / bytes)
    end
  end
  return at
end

-- Ids that an XCLAIM did not return: the payload is gone, or somebody else holds the message.
local function account_for_missing(ids, entries, count)
  if #ids == #entries then
    return
  end
  local got = {}
  for _, entry in ipairs(entries) do
    got[entry[1]] = true
  end
  for _, id in ipairs(ids) do
    if not got[id] then
      if #call("XRANGE", stream, id, id) == 0 then
        lost_payloads = lost_payloads + 1
      elseif count then
        -- A server whose FORCE applies min-idle to an entry that it just made: claim it once more.
        local entry = call("XPENDING", stream, group, id, id, 1)[1]
        if entry and entry[2] == token then
          append(entries, unpack(call("XCLAIM", stream, group, token, 0, id, "RETRYCOUNT", count)))
        end
      end
    end
  end
end

local function crash_counts(ids)
  local counts = {}
  for i, value in ipairs(ask_in_slices({ "HMGET", crashes_key }, ids)) do
    counts[i] = tonumber(value or "0")
  end
  return counts
end

-- Gives messages in their order, each with the count that it had. One XCLAIM sets one count, so they
-- are claimed by count: `claim_them(ids, count)` returns the entries.
local function give_counted(ids, counts, claim_them)
  local by_count, got, crashed = {}, {}, {}
  for _, id in ipairs(ids) do
    by_count[counts[id]] = by_count[counts[id]] or {}
    append(by_count[counts[id]], id)
  end
  for count, list in pairs(by_count) do
    for _, entry in ipairs(claim_them(list, count)) do
      got[entry[1]] = entry
    end
  end
  for _, id in ipairs(ids) do
    if got[id] then
      give(got[id], counts[id], 0)
      append(crashed, has_crashed[id] and id)
    end
  end
  for i, count in ipairs(crash_counts(crashed)) do
    got[crashed[i]][4] = count
  end
end

-- Splits the waiting suspects: over the limit, to be given now, and the rest.
local function claim_suspects()
  suspect_batch = math.min(suspect_batch, claim)
  local list = call("XPENDING", stream, group, "-", "+", suspect_batch + 1, SUSPECTS)
  local ids, crashed, by_id, dead, alone = {}, {}, {}, 0, false
  for i, entry in ipairs(list) do
    ids[i] = entry[1]
  end
  local counts = crash_counts(ids)
  ids = {}
  for i, entry in ipairs(list) do
    local id, count, crashes = entry[1], entry[4], counts[i] + 1
    has_crashed[id], by_id[id] = true, { count + 1, crashes }
    if more.on_crash == "dead" or count >= more.max_deliveries then
      dead = dead + 1
      if write_dead_letter(id, count, "crashed", "", math.max(0, count - crashes)) then
        dead_count = dead_count + 1
      end
    elseif #ids == 0 or crashes == 1 and not alone and #ids < suspect_batch then
      ids[#ids + 1] = id
      append(crashed, id, crashes)
      alone = crashes > 1
    end
  end
  flush()
  local taken = take_fitting(#ids, 10, function(first, last)
    kind, made = "suspects", true
    call("HSET", crashes_key, unpack(crashed, 2 * first - 1, 2 * last))
    call("PEXPIRE", crashes_key, whole(30 * DAY))
    local some = { unpack(ids, first, last) }
    local entries = call("XCLAIM", stream, group, token, 0, unpack(some))
    account_for_missing(some, entries)
    for _, entry in ipairs(entries) do
      give(entry, unpack(by_id[entry[1]]))
    end
  end)
  suspects_left = #list > math.min(dead + taken, suspect_batch) and 1 or 0
end
