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

  -- Puts some into the stream; returns their bytes, and whether there was memory for all. Of those that
  -- hold a key, as their ids say, the entries are noted for the group that they were sent to.
  local function move(ids, gone, noted)
    local bytes = 0
    for i, body in ipairs(ask_in_slices({ "HMGET", bodies_key }, ids)) do
      if body then
        local id = try("XADD", stream, "*", "xd:id", ids[i], unpack(fields_of(body)))
        if type(id) == "table" and id.err then -- no memory is left: the rest waits
          return bytes, false
        end
        promoted = promoted + 1
        bytes = bytes + #body
        if string.sub(ids[i], -2) == "-k" then
          append(noted, ids[i], id)
        end
      else
        lost_payloads = lost_payloads + 1
      end
      gone[#gone + 1] = ids[i]
    end
    return bytes, true
  end

  -- The first few tell how large they are; so much at once as a claim may return.
  function promote()
    local ids = due_delayed()
    local gone, noted = {}, {}
    local moved, at, size, goes_on = 0, 1, 10, true
    while goes_on and at <= #ids do
      local bytes
      bytes, goes_on = move({ unpack(ids, at, math.min(at + size - 1, #ids)) }, gone, noted)
      moved, at = moved + bytes, at + size
      size = moved / at * #ids <= max_bytes and 100 or 10
      if moved > max_bytes and at <= #ids then
        is_next_due(now)
        goes_on = false
      end
    end
    call_in_slices({ "ZREM", delayed_key }, gone)
    call_in_slices({ "HDEL", bodies_key }, gone)
    if #noted > 0 then
      call_in_slices({ "HSET", more.moved_key }, noted)
      call("PEXPIRE", more.moved_key, whole(400 * DAY))
    end
  end
end
