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

local claim_lost
do
  local function take_again(list, count)
    local entries = {}
    for _, reply in ipairs(call_in_slices({ "XCLAIM", stream, group, token, 0 }, list,
      { "RETRYCOUNT", count })) do
      append(entries, unpack(reply))
    end
    return entries
  end

  -- Returned again with the counts that they have; what does not fit stays owned for the next turns.
  function claim_lost(list)
    kind, made = "replayed", true
    local ids, counts = {}, {}
    for i = 1, claim == 0 and #list or math.min(#list, claim) do
      ids[i], counts[list[i]] = list[i], own[list[i]][4]
      has_crashed[list[i]] = own[list[i]][4] > 1 or nil -- nobody remembers: look
    end
    give_counted(ids, counts, take_again)
    lost_payloads = lost_payloads + #ids - #messages
  end
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
