-- Takes a delayed message back before it is due, and frees its key. Sent again, it says what it said
-- the first time. Reply: whether the message still waited.

local before = call("GET", sent_key)
if before then
  return { "ok", commands, tonumber(before) }
end
local body = dedupe == 1 and call("HGET", bodies_key, id)
local found = call("HDEL", bodies_key, id)
call("ZREM", delayed_key, id)
local key = body and key_of(fields_of(body)) or ""
local is_held = key ~= "" and tonumber(call("ZSCORE", keys_key, key) or "0") < 0
if is_held and call("HGET", ids_key, key) == id then
  call("ZREM", keys_key, key)
  call("HDEL", ids_key, key)
end
call("SET", sent_key, found, "PX", whole(remember))
return { "ok", commands, found }
