-- Ends a consumer group: from now on nothing of the stream is kept for it. Its dead letters stay, and so
-- do delayed messages, which are the stream's. KEYS behind the named ones: all else that it has.
-- Sent again, it says what it said the first time. Reply: whether there was such a group.

local before = call("GET", sent_key)
if before then
  return { "ok", commands, tonumber(before) }
end
local removed = call("EXISTS", stream) == 1 and call("XGROUP", "DESTROY", stream, group) or 0
for i = 3, #KEYS do
  call("DEL", KEYS[i])
end
call("SET", sent_key, removed, "PX", whole(remember))
return { "ok", commands, removed }
