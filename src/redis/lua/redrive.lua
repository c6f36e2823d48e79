-- Moves dead letters back to the stream as new messages: their fields without the story of their
-- death, a new id, no failures. Sent again, it returns the ids of the first time.
-- Reply: for each id the new one, or "" where there was no such dead letter. O(messages).

local before = call("GET", sent_key)
if before then
  return { "ok", commands, before }
end
local ids = {}
for i = list_at, #ARGV do
  local entry = call("XRANGE", dead_key, ARGV[i], ARGV[i])[1]
  local id = ""
  local ours = entry and #entry[2] > 12 and entry[2][1] == "failed_at" and entry[2][11] == "original_id"
  if ours then
    -- As a new message: one that was delayed has an id of its own, which goes.
    id = call("XADD", stream, "*", unpack(entry[2], entry[2][13] == "xd:id" and 15 or 13))
    call("XDEL", dead_key, ARGV[i])
  end
  ids[#ids + 1] = id
end
call("SET", sent_key, table.concat(ids, " "), "PX", whole(remember))
return { "ok", commands, table.concat(ids, " ") }
