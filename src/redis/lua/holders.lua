-- Where sends are deduplicated, a message holds its key from its send until it is done, dead or
-- cancelled: the score of the key is the time, negative, and a hash has the message's id. Of a
-- delayed message that its group has read it has two: the sender's, a space, the entry's. In between,
-- the pass that put it into the stream, of whatever group, has noted the entry in a hash of the stream.

local function entry_id(holder)
  return string.match(holder, "%S+$")
end

-- Somebody else may have deleted or cancelled the message: then nobody holds the key.
local function is_there(holder)
  local id = entry_id(holder)
  if string.sub(id, 1, 1) == "d" then
    if call("HEXISTS", bodies_key, id) == 1 then
      return true
    end
    id = call("HGET", more.moved_key, id)
  end
  return id and #call("XRANGE", stream, id, id) > 0
end

-- The messages that hold the keys among these whose score says so, by key.
local function holders_of(keys, scores)
  local held, holders = {}, {}
  for i, key in ipairs(keys) do
    if tonumber(scores[i] or "0") < 0 then
      held[#held + 1] = key
    end
  end
  for i, holder in ipairs(ask_in_slices({ "HMGET", ids_key }, held)) do
    holders[held[i]] = holder
  end
  return holders
end
