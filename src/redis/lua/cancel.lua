-- Takes a delayed message back before it is due. Sent again, it says what it said the first time.
-- Reply: whether the message still waited.

local before = call("GET", sent_key)
if before then
  return { "ok", commands, tonumber(before) }
end
local found = call("HDEL", bodies_key, id)
call("ZREM", delayed_key, id)
call("SET", sent_key, found, "PX", whole(remember))
return { "ok", commands, found }
