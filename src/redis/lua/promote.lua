-- Delayed messages that are due: out of their hash, into the stream, where this or another pass reads
-- them. A field keeps the id that their sender knows.

local promoted, promote = 0, nil

local function is_next_due(time)
  next_due = next_due == 0 and time or math.min(next_due, time)
end

do
  -- The ids that are due, as many as this turn may claim; learns when the next one is.
  local function due_delayed()
    local most = math.min(claim, 100)
    local list = call("ZRANGE", delayed_key, 0, most, "WITHSCORES")
    local ids = {}
    for i = 1, #list, 2 do
      local due = tonumber(list[i + 1])
      if due > now or #ids == most then
        is_next_due(due)
        break
      end
      ids[#ids + 1] = list[i]
    end
    return ids
  end

  function promote()
    local ids = due_delayed()
    local gone, holders = {}, {}
    for i, body in ipairs(ask_in_slices({ "HMGET", bodies_key }, ids)) do
      if body then
        local fields = fields_of(body)
        local id = try("XADD", stream, "*", "xd:id", ids[i], unpack(fields))
        if type(id) == "table" and id.err then -- no memory is left: the rest waits
          break
        end
        promoted = promoted + 1
        local key = dedupe == 1 and key_of(fields) or ""
        if key ~= "" then
          append(holders, key, ids[i] .. " " .. id)
        end
      else
        lost_payloads = lost_payloads + 1
      end
      gone[#gone + 1] = ids[i]
    end
    call_in_slices({ "ZREM", delayed_key }, gone)
    call_in_slices({ "HDEL", bodies_key }, gone)
    call_in_slices({ "HSET", ids_key }, holders)
  end
end
