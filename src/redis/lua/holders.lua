-- Where sends are deduplicated, a message holds its key from its send until it is done, dead or
-- cancelled: the score of the key is the time, negative, and a hash has the message's id. Of a
-- delayed message that went into the stream it has two: the sender's, a space, the entry's.

local function entry_id(holder)
  return string.match(holder, "%S+$")
end

-- Somebody else may have deleted the message: then nobody holds the key. Of a delayed one that the pass
-- of another group put into the stream nobody can tell, so it counts as there.
local function is_there(holder)
  local id = entry_id(holder)
  if string.sub(id, 1, 1) == "d" then
    return true
  end
  return #call("XRANGE", stream, id, id) > 0
end
