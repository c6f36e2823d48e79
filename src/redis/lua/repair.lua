-- Parks again the entries that the loss of the parked set made invisible: delivered before, neither
-- pending nor parked. Only where completed entries are removed at once: where other groups read the
-- stream, or entries are or were kept, they would look the same, so nothing is done.
-- Reply: the id to go on from ("" at the end) and how many were parked. O(entries looked at).

local now = server_time()

-- The set of delayed messages is made again from the due times in their bodies. O(delayed messages).
if from == "-" and call("HLEN", bodies_key) > call("ZCARD", delayed_key) then
  local cursor = "0"
  repeat
    local reply = call("HSCAN", bodies_key, cursor, "COUNT", 100)
    for i = 1, #reply[2], 2 do
      call("ZADD", delayed_key, "NX", string.match(reply[2][i + 1], "^%d+"), reply[2][i])
    end
    cursor = reply[1]
  until cursor == "0"
end

local groups = try("XINFO", "GROUPS", stream)
local state = call("HMGET", state_key, "shared", "kept")
if groups.err or #groups > 1 or state[1] == "1" or state[2] == "1" then
  return { "ok", commands, "", 0 }
end
local position = position_in(groups)
if not position then
  return { "ok", commands, "", 0 }
end
local entries = call("XRANGE", stream, from, position, "COUNT", 200)
if #entries == 0 then
  return { "ok", commands, "", 0 }
end
local ids, known = {}, {}
for i, entry in ipairs(entries) do
  ids[i] = entry[1]
end
for _, entry in ipairs(call("XPENDING", stream, group, ids[1], ids[#ids], 200)) do
  known[entry[1]] = true
end
local scores = call("ZMSCORE", parked_key, unpack(ids))
local parks = {}
for i, id in ipairs(ids) do
  if not known[id] and not scores[i] then
    append(parks, whole(now * 1024), id)
  end
end
if #parks > 0 then
  call_in_slices({ "ZADD", parked_key }, parks)
end
if call("HGET", state_key, "marked") == "1" then
  call("ZADD", parked_key, whole(2 ^ 53 - 1), "xd:parked") -- the trim may rely on the set again
end
return { "ok", commands, #entries == 200 and "(" .. ids[#ids] or "", #parks / 2 }
