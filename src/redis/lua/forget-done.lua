-- Forgets that the work of some entries' keys is done, so that it is done again: a slice of the stream
-- behind a position. Reply: the position to go on from, "" at the end. O(entries looked at).

local entries = call("XRANGE", stream, "(" .. after_id, "+", "COUNT", 200)
local keys, done = {}, {}
for _, entry in ipairs(entries) do
  local key = key_of(entry[2])
  if key ~= "" then
    keys[#keys + 1] = key
  end
end
for i, score in ipairs(ask_in_slices({ "ZMSCORE", keys_key }, keys)) do
  if score and tonumber(score) >= 0 and tonumber(score) % 2 == 1 then
    done[#done + 1] = keys[i]
  end
end
call_in_slices({ "ZREM", keys_key }, done)
call_in_slices({ "HDEL", ids_key }, done)
return { "ok", commands, #entries == 200 and entries[200][1] or "" }
