-- How much is where. Reply: entries, in flight, parked, dead, delayed, dropped. O(1) but for the groups of the stream.

local in_flight = 0
local pending = try("XPENDING", stream, group)
if not pending.err then
  in_flight = pending[1]
elseif not string.find(pending.err, "NOGROUP", 1, true) then
  return { "error", pending.err }
end
return { "ok", commands, call("XLEN", stream), in_flight,
  call("ZCOUNT", parked_key, 0, "(" .. whole(2 ^ 53 - 1)), -- without markers
  call("XLEN", dead_key), call("ZCARD", delayed_key), tonumber(call("HGET", state_key, "dropped") or "0") }
