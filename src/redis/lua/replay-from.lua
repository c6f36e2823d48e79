-- Lets the group read again what is behind a position. What it had of that is dropped first: passes that
-- work on it lose it, and what waits for a retry is read instead. Up to a thousand pending entries a
-- call; the position moves in the last one. Reply: whether more calls are needed. O(parked + pending).

local behind = {}
local pending = try("XPENDING", stream, group, "(" .. after_id, "+", 1000)
if pending.err then
  if string.find(pending.err, "NOGROUP", 1, true) then
    return { "ok", commands, 0 }
  end
  return { "error", pending.err }
end
for i, entry in ipairs(pending) do
  behind[i] = entry[1]
end
call_in_slices({ "XACK", stream, group }, behind)
if #pending == 1000 then
  return { "ok", commands, 1 }
end

local function less(a, b) -- ids as texts of digits: their numbers can be larger than a Lua number holds
  local a_ms, a_seq = string.match(a, "^(%d+)-(%d+)$")
  local b_ms, b_seq = string.match(b, "^(%d+)-(%d+)$")
  if a_ms == b_ms then
    a_ms, b_ms = a_seq, b_seq
  end
  return #a_ms < #b_ms or #a_ms == #b_ms and a_ms < b_ms
end
local parked = {}
for _, id in ipairs(call("ZRANGE", parked_key, 0, -1)) do
  if string.sub(id, 1, 3) ~= "xd:" and less(after_id, id) then
    parked[#parked + 1] = id
  end
end
call_in_slices({ "ZREM", parked_key }, parked)
call("XGROUP", "SETID", stream, group, after_id)
return { "ok", commands, 0 }
