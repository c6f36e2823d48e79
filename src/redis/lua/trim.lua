-- Removes completed entries below the floor: over all groups, the first pending entry, the one after
-- the last delivered, and the lowest parked id. What is unprocessed for anybody stays.
-- KEYS: the stream, own parked set, own state, then the parked set and the state of each group, in the
-- order of the names in ARGV.
-- Reply: what was found ("ok"; "undeclared" when a group has appeared that is not in ARGV; "orphans"
-- when entries may be parked messages whose set was lost, and nothing was removed), how many went, and
-- whether more may go. O(parked entries + removed ones): where that takes long, the next trim waits a
-- thousand times as long.

local SLICE = 1000 -- entries that a retention by count looks at in one call
local MARKER = "xd:parked" -- stays in a parked set once a trim relies on it, see is_lost()
local NEVER = 2 ^ 53 - 1

local now = server_time()
local state = call("HMGET", state_key, "shared", "marked", "trim_next", "kept")
if now < tonumber(state[3] or "0") then
  return { "ok", commands, 0, 0 }
end

local declared = {}
for i = list_at, #ARGV do
  declared[ARGV[i]] = i - list_at
end

local floor
local function hold(id)
  if not floor or less(id, floor) then
    floor = id
  end
end

local function after(id)
  local ms, seq = string.match(id, "^(%d+)-(%d+)$")
  if #seq > 15 then
    return id
  end
  return ms .. "-" .. whole(tonumber(seq) + 1)
end

-- A parked set that has gone, by an eviction or a mistaken DEL, cannot be told from an empty one. So
-- before entries are removed on its word, a marker is put into it, and remembered in the state.
local function is_lost(parked, marked)
  return marked == "1" and not call("ZSCORE", parked, MARKER)
end

-- Whether nobody but us ever worked in our group: then entries that are done, where nothing was ever
-- kept, are lost messages. A group that somebody else has made has not our permanent consumer yet.
local function is_ours_alone()
  local ours = false
  for _, flat in ipairs(call("XINFO", "CONSUMERS", stream, group)) do
    local name = named(flat).name
    if string.sub(name, 1, 3) ~= "xd:" then
      return false
    end
    ours = ours or name == "xd:suspects"
  end
  return ours
end

local reply = try("XINFO", "GROUPS", stream)
if reply.err then
  return { "ok", commands, 0, 0 }
end
for _, flat in ipairs(reply) do
  local info = named(flat)
  local at = declared[info.name]
  if not at then
    return { "undeclared", commands, 0, 0 }
  end
  if is_lost(KEYS[4 + at * 2], call("HGET", KEYS[5 + at * 2], "marked")) then
    return { "orphans", commands, 0, 0 }
  end
  local first = call("XPENDING", stream, info.name, "-", "+", 1)[1]
  hold(first and first[1] or after(info["last-delivered-id"]))
end
local alone = #reply == 1 and shared == 0 and retain == "" and state[1] ~= "1" and state[4] ~= "1"
if state[2] ~= "1" and alone and is_ours_alone() then
  return { "orphans", commands, 0, 0 }
end
if state[2] ~= "1" then
  call("ZADD", parked_key, whole(NEVER), MARKER)
  call("HSET", state_key, "marked", "1")
end
for i = 4, #KEYS, 2 do
  for _, id in ipairs(call("ZRANGE", KEYS[i], 0, -1)) do
    if string.sub(id, 1, 3) ~= "xd:" then -- markers
      hold(id)
    end
  end
end
if not floor then
  return { "ok", commands, 0, 0 }
end

local removed = 0
if retain == "MINID" then
  hold(whole(math.max(0, now - retain_value)) .. "-0")
  removed = call("XTRIM", stream, "MINID", floor)
elseif retain == "MAXLEN" then
  -- The oldest beyond the count, as far as the floor allows; a bounded slice a call.
  local excess = math.min(SLICE, call("XLEN", stream) - retain_value)
  if excess > 0 then
    local oldest = call("XRANGE", stream, "-", "(" .. floor, "COUNT", excess)
    if #oldest > 0 then
      removed = call("XTRIM", stream, "MINID", after(oldest[#oldest][1]))
    end
  end
else
  removed = call("XTRIM", stream, "MINID", floor)
end
local took = server_time() - now
if took > 5 and removed < SLICE then
  call("HSET", state_key, "trim_next", whole(now + took * 1000))
end
return { "ok", commands, removed, removed == SLICE and 1 or 0 }
