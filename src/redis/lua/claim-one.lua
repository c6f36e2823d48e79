-- Takes one message from whoever has it, by hand: parks it, or makes it a dead letter. A delivery that is
-- taken counts, as that of a pass that died: it is no failure of the handler. Sent again, it says what it
-- said the first time. Reply: what became of it, and how often it was delivered. O(1), and O(groups).

local before = call("GET", sent_key)
if before then
  return { "ok", commands, before }
end

local now = server_time()
local deliveries = 0

local function answer(what)
  local reply = what .. " " .. deliveries
  call("SET", sent_key, reply, "PX", whole(remember))
  return { "ok", commands, reply }
end

local reply = try("XPENDING", stream, group, id, id, 1)
if reply.err and not string.find(reply.err, "NOGROUP", 1, true) then
  return { "error", reply.err }
end
local owned = reply[1] -- id, consumer, idle time, deliveries; only of what is in flight
local score = not owned and tonumber(call("ZSCORE", parked_key, id) or "")
if not owned and not score then
  return answer("elsewhere")
end

-- The lease that counts is the largest that any function may have, as in sweep.lua.
local agreed = call("HMGET", state_key, "lease", "lease_at", "shared", "lease_before")
local before_that = tonumber(agreed[4] or "60000")
local is_recent = now - tonumber(agreed[2] or "0") < 2 * before_that + 30000
local longest = math.max(lease, tonumber(agreed[1] or "60000"), is_recent and before_that or 0)
local is_live = owned and owned[2] ~= "xd:suspects" and owned[3] < longest
if is_live and force == 0 then
  return answer("live")
end

deliveries = owned and owned[4] or score % 512
local crashes = tonumber(call("HGET", crashes_key, id) or "0") + (owned and 1 or 0)
local entry = call("XRANGE", stream, id, id)[1]
local key = entry and key_of(entry[2]) or ""

-- The key of a live lease is this message's; of one that ran out it may be another's by now. Where sends
-- are deduplicated, the message has its key until it is dead.
local function free_key(is_dead)
  local record = key ~= "" and tonumber(call("ZSCORE", keys_key, key) or "1") or 1
  if record < 0 and is_dead then
    if string.match(call("HGET", ids_key, key) or "", "%S+$") == id then
      call("ZREM", keys_key, key)
      call("HDEL", ids_key, key)
    end
  elseif record >= 0 and record % 2 == 0 and is_live and owned[3] < lease then
    call("ZREM", keys_key, key)
  end
end

local function keeps_completed()
  return keep == 1 or agreed[3] == "1" or #call("XINFO", "GROUPS", stream) > 1
end

local function bury()
  local add = { "XADD", dead_key }
  if dead_trim ~= "" then
    local bound = dead_trim_value
    if dead_trim == "MINID" then
      bound = math.max(0, now - bound)
    end
    append(add, dead_trim, "~", whole(bound))
  end
  append(add, "*", "failed_at", whole(now), "reason", "rejected", "error", reason)
  append(add, "deliveries", deliveries, "failures", math.max(0, deliveries - crashes), "original_id", id)
  append(add, unpack(narrow(entry[2])))
  call(unpack(add))
  call("HINCRBY", stats_key, "dead", 1)
end

-- Its pass could take it for gone within its lease, and not for lost: see held.lua.
local records = is_live and { "taken:" .. id, 1 } or {}
if owned and to_dead == 0 then
  append(records, id, crashes)
end
if #records > 0 then
  call("HSET", crashes_key, unpack(records))
  call("PEXPIRE", crashes_key, whole(30 * 86400000))
end

-- Side tables first, the pending list after them, the entry last: as a turn does. The next sweep looks
-- whether it leaves a consumer behind.
if owned then
  call("HSET", state_key, "dirty", 1)
end
if entry and to_dead == 0 then
  local crashed = crashes > 0 and 512 or 0
  park_with_records({ whole((now + delay) * 1024 + crashed + math.min(deliveries, 511)), id })
  free_key()
  call("XACK", stream, group, id)
  return answer("parked")
end
if entry then
  bury()
  free_key(true)
end
unpark({ id })
if crashes > (owned and 1 or 0) then
  call("HDEL", crashes_key, id)
end
call("XACK", stream, group, id)
if entry and not keeps_completed() then
  call("XDEL", stream, id)
end
return answer(entry and "dead" or "lost")
