-- New messages: read with XREADGROUP, as many as fit.

local read_new
do
  -- Before 7.2 a consumer is made by its first message, since then by its first read.
  local reading_makes = (redis.REDIS_VERSION_NUM or 0x00080000) >= 0x00070200

  -- Reads new entries; returns how many came.
  function read_new(count)
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
  if more.size_hint > 0 then
    return read_new(math.min(want, math.max(1, floor(max_bytes / more.size_hint))))
  end
  local got = read_new(math.min(want, more.probe))
  if got == more.probe and want > got then
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
