-- What the pass still holds: renewed when it asks (a third of the lease has passed). That drops an entry
-- without a payload from the pending list; the next turn finds out.

local function renew_held()
  local ids = {}
  for row = held_at, complete_at - 1, held_width do
    local id, count = delivery_at(row)
    local key = key_at(row)
    if not own[id] or own[id][4] ~= count then
      unsettled[#unsettled + 1] = { id, true }
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

-- What is not owned. It is lost, but for an outcome that was sent before. That was settled then if it is
-- owned with another count (parked, and claimed again) or is a retry or a release and parked. What is in
-- no list any more, and was not taken by hand, is gone: ended by somebody, or its payload is; the pass knows
-- whether anybody else could have it. Otherwise it cannot be told. (A rare path, bounded by the batch.)
local function resolve_unsettled()
  for _, row in ipairs(unsettled) do
    local id, is_lost, parking = unpack(row)
    local there = own[id]
    if not there then
      local parked = call("ZSCORE", parked_key, id)
      there = parked or #call("XPENDING", stream, group, id, id, 1) > 0
        or keep == 0 and #call("XRANGE", stream, id, id) > 0
        or call("HEXISTS", crashes_key, "taken:" .. id) == 1
      if not there then
        append(unsettled.gone, id)
      elseif not is_lost and not (parking and parked) then
        uncertain[#uncertain + 1] = id
      end
    end
    if is_lost then
      lost[#lost + 1] = id
    end
  end
end
