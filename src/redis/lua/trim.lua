-- Removes completed entries below the floor: over all groups, the first pending entry, the one
-- after the last delivered, and the lowest parked id. What is unprocessed for anybody stays.
-- KEYS: the stream, the state, then the parked set of each group, in the order of the names in ARGV.
-- Reply: how many went, or which group is not declared; then whether more may go. O(parked entries +
-- removed ones).

local now = server_time()

local SLICE = 1000 -- entries that a retention by count looks at in one call

local declared = {}
for i = list_at, #ARGV do
  declared[ARGV[i]] = true
end

-- Ids are compared as texts of digits: their numbers can be larger than a Lua number holds.
local function less(a, b)
  local a_ms, a_seq = string.match(a, "^(%d+)-(%d+)$")
  local b_ms, b_seq = string.match(b, "^(%d+)-(%d+)$")
  if a_ms == b_ms then
    a_ms, b_ms = a_seq, b_seq
  end
  return #a_ms < #b_ms or #a_ms == #b_ms and a_ms < b_ms
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

local reply = try("XINFO", "GROUPS", stream)
if reply.err then
  return { "ok", commands, 0, "", 0 }
end
for _, flat in ipairs(reply) do
  local info = named(flat)
  if not declared[info.name] then
    return { "undeclared", commands, 0, info.name, 0 }
  end
  local first = call("XPENDING", stream, info.name, "-", "+", 1)[1]
  hold(first and first[1] or after(info["last-delivered-id"]))
end
for i = 3, #KEYS do
  for _, id in ipairs(call("ZRANGE", KEYS[i], 0, -1)) do
    hold(id)
  end
end
if not floor then
  return { "ok", commands, 0, "", 0 }
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
return { "ok", commands, removed, "", removed == SLICE and 1 or 0 }
