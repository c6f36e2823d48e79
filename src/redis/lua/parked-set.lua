-- The set of parked messages, and a record of each in a hash of its own: what proves that a message waits,
-- where the set gets lost by an eviction or a mistaken DEL.

local MARKER = "xd:parked"
local NEVER = 2 ^ 53 - 1 -- its score: behind every due time

-- `scores` as ZADD takes them: a score, then its id.
local function park_with_records(scores)
  local records = {}
  for i = 1, #scores, 2 do
    records[i], records[i + 1] = scores[i + 1], scores[i]
  end
  call_in_slices({ "HSET", due_key }, records)
  call_in_slices({ "ZADD", parked_key }, scores)
end

local function unpark(ids)
  call_in_slices({ "ZREM", parked_key }, ids)
  call_in_slices({ "HDEL", due_key }, ids)
end

-- From here on the set proves what is not parked: it and the records have a marker, which goes with them, and the
-- state says so. One that has no marker yet, and fewer messages than records, was lost already. The records are made
-- anew: a release that keeps none may have claimed what has one. O(parked messages), once.
local function mark()
  local scores = call("ZRANGE", parked_key, 0, "+inf", "BYSCORE", "WITHSCORES")
  local records = call("HLEN", due_key)
  if scores[#scores - 1] ~= MARKER and #scores / 2 < records then
    return
  end
  if records > 0 then
    call("DEL", due_key)
  end
  append(scores, MARKER, whole(NEVER))
  call_in_slices({ "HSET", due_key }, scores)
  call("ZADD", parked_key, whole(NEVER), MARKER)
  call("HSET", state_key, "marked", "1")
end
