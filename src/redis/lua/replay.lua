-- Lost claims: what a response that got lost handed out.

-- Owned, but neither held nor settled by the caller: the response that handed it out was lost.
local function lost_claims()
  local ids = {}
  for i = 1, #owned do
    local id = owned[i][1]
    if own[id] and not still_held[id] then
      ids[#ids + 1] = id
    end
  end
  return ids
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

-- The pass ends: what a response that got lost handed out goes back. Nobody has seen its entries, so
-- they are read for their keys. (A rare path, bounded by the batch.)
local function give_back_lost_claims(ids)
  for _, id in ipairs(ids) do
    local _, _, idle, count = unpack(own[id])
    local entry = call("XRANGE", stream, id, id)[1]
    local key = entry and key_of(entry[2]) or ""
    if idle < lease - SCRIPT_MS then
      free(id, key)
    end
    has_crashed[id] = count > 1 or nil -- nobody remembers: a later turn looks
    park(id, now, count - 1)
  end
end
