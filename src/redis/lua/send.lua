-- Stores messages, or returns the ids of the first time when the request was carried out before.
-- ARGV behind the named ones: for each message the number of its fields and values, then those.
-- Reply: ids, then an error text where the rest could not be stored. O(messages).

local before = call("GET", sent_key)
if before then
  local ids, text = string.match(before, "^(.-)\n(.*)$")
  return { text == "" and "ok" or "partial", commands, ids, text }
end
local ids, text, at = {}, "", list_at
for _ = 1, count do
  local width = tonumber(ARGV[at])
  local id
  if width <= 780 then
    id = add(unpack(ARGV, at + 1, at + width))
  else
    id = { err = "too many fields" }
  end
  if type(id) == "table" and id.err then
    text = id.err
    break
  end
  ids[#ids + 1] = id
  at = at + width + 1
end
if #ids > 0 then
  call("SET", sent_key, table.concat(ids, " ") .. "\n" .. text, "PX", whole(remember))
end
return { text == "" and "ok" or "partial", commands, table.concat(ids, " "), text }
