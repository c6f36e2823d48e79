-- Lets the group read again what is behind a position, in one step: whoever works on some of it loses
-- that, and what waits for a retry is read instead. What it has not read it reads anyway, so it is never
-- moved forward, which would skip that. Sent again, it does nothing. O(parked + pending).

local position = call("EXISTS", stream) == 1 and position_in(call("XINFO", "GROUPS", stream))
if not position or call("GET", sent_key) then
  return { "ok", commands }
end
local last = after_id
repeat
  local pending = call("XPENDING", stream, group, "(" .. last, "+", 1000)
  local behind = {}
  for i, entry in ipairs(pending) do
    behind[i], last = entry[1], entry[1]
  end
  call_in_slices({ "XACK", stream, group }, behind)
until #pending < 1000
call("HSET", state_key, "dirty", 1) -- somebody's consumer may be left: the next sweep sees to that

local parked = {}
for _, key in ipairs({ call("ZRANGE", parked_key, 0, -1), call("HKEYS", due_key) }) do
  for _, id in ipairs(key) do
    if string.sub(id, 1, 3) ~= "xd:" and less(after_id, id) then
      parked[#parked + 1] = id
    end
  end
end
unpark(parked)
if less(after_id, position) then
  call("XGROUP", "SETID", stream, group, after_id)
end
-- Where nothing is left behind that the loss of the parked set could hide, the trim may rely on it again.
if call("HGET", state_key, "marked") == "1" and #call("XRANGE", stream, "-", after_id, "COUNT", 1) == 0 then
  call("DEL", due_key)
  call("HDEL", state_key, "orphans")
  mark()
end
call("SET", sent_key, 1, "PX", whole(remember))
return { "ok", commands }
