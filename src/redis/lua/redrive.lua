-- Moves dead letters back to the stream as new messages: the fields of the message, a new id, no
-- failures. Sent again, it returns the ids of the first time. read-dead-letter.ts reads letters alike.
-- Reply: for each id the new one, or "" where there was no such dead letter. O(messages).

local before = call("GET", sent_key)
if before then
  return { "ok", commands, before }
end

-- Ours begin with a story of six pairs; other producers add `failed_at` and `reason` to a copy. The id
-- that a delayed message had goes, and the count of its failures. No entry can be empty.
local function message_in(letter)
  local ours = #letter > 12 and letter[1] == "failed_at" and letter[11] == "original_id"
  local gone = { ["xd:id"] = true, failed_at = not ours, reason = not ours }
  gone[retry_count_field] = retry_count_field ~= ""
  local kept = {}
  for i = ours and 13 or 1, #letter, 2 do
    if not gone[letter[i]] then
      append(kept, letter[i], letter[i + 1])
    end
  end
  return #kept > 0 and kept or { unpack(letter, ours and 13 or 1) }
end

-- An older version left the key of a wide message in its raw field alone.
local function with_key(fields)
  if fields[1] == "xd:raw" and key_of(fields) == "" then
    local read, values = pcall(fields_of, ";" .. fields[2])
    local key = read and key_of(values) or ""
    if key ~= "" then
      append(fields, key_field, key)
    end
  end
  return fields
end

-- Where sends are deduplicated it has its key again, unless another message has it by now, or was done with it.
local function take_key(fields, id)
  local key = key_of(fields)
  if dedupe == 1 and key ~= "" then
    local now = server_time()
    local score = tonumber(call("ZSCORE", keys_key, key) or "0")
    if score >= 0 and floor(score / 2) <= now then
      call("ZADD", keys_key, whole(-now), key)
      call("HSET", ids_key, key, id)
      call("PEXPIRE", keys_key, whole(400 * 86400000))
      call("PEXPIRE", ids_key, whole(400 * 86400000))
    end
  end
end

local ids = {}
for i = list_at, #ARGV do
  local entry = call("XRANGE", dead_key, ARGV[i], ARGV[i])[1]
  local id = ""
  if entry then
    local fields = narrow(with_key(message_in(entry[2])))
    id = add(unpack(fields))
    if type(id) == "table" then
      return { "error", id.err }
    end
    take_key(fields, id)
  end
  append(ids, id)
  call("XDEL", dead_key, ARGV[i])
end
local reply = table.concat(ids, " ")
call("SET", sent_key, reply, "PX", whole(remember))
return { "ok", commands, reply }
