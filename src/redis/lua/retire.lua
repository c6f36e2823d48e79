-- Ends a consumer group: from now on nothing of the stream is kept for it. Its dead letters stay, and so
-- do delayed messages, which are the stream's. KEYS behind the stream: all else that it has.
-- Reply: whether there was such a group.

local removed = try("XGROUP", "DESTROY", stream, group)
if type(removed) == "table" then
  if not string.find(removed.err, "requires the key to exist", 1, true) then
    return { "error", removed.err }
  end
  removed = 0
end
for i = 2, #KEYS do
  call("DEL", KEYS[i])
end
return { "ok", commands, removed }
