-- What the pass still holds: renewed when it asks (a third of the lease has passed).

local function renew_held()
  local ids = {}
  for row = held_at, complete_at - 1, held_width do
    local id, count = delivery_at(row)
    local key = key_at(row)
    if not own[id] or own[id][4] ~= count then
      lost[#lost + 1] = id
    elseif taken[id] then
      give_way(id, count)
    else
      still_held[id] = true
      if renew == 1 then
        ids[#ids + 1] = id
        if key ~= "" and dedupe == 0 then
          append(records, whole((now + lease) * 2), key)
        end
      end
    end
  end
  if #ids > 0 then
    call_in_slices({ "XCLAIM", stream, group, token, 0 }, ids, { "JUSTID" })
  end
end

-- An outcome that was sent before and is not owned now. A retry or a release was settled then if the
-- entry is parked; any outcome, if it is gone. Otherwise somebody else has it, or had it since, and it
-- cannot be told. (A rare path, bounded by the batch.)
local function resolve_unsettled()
  for _, outcome in ipairs(unsettled) do
    local id, parking = unpack(outcome)
    local parked = call("ZSCORE", parked_key, id)
    local there = parked or #call("XPENDING", stream, group, id, id, 1) > 0
      or keep == 0 and #call("XRANGE", stream, id, id) > 0
    if there and not (parking and parked) then
      uncertain[#uncertain + 1] = id
    end
  end
end
