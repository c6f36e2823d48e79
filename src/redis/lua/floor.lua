-- The floor: over all groups, the lowest of the first pending entry, the one after the last delivered,
-- and the parked ids. What is unprocessed for anybody is not below it. O(parked entries).
-- KEYS: the stream, own parked set, own state, then the parked set and the state of each group, in the
-- order of the names in ARGV.

local now = server_time()
local state = call("HMGET", state_key, "shared", "marked", "trim_next", "kept")
local groups -- as XINFO describes them

local floor, holder
local function hold(id, by)
  if not floor or less(id, floor) then
    floor, holder = id, by
  end
end

local function after(id)
  local ms, seq = string.match(id, "^(%d+)-(%d+)$")
  if #seq > 15 then
    return id
  end
  return ms .. "-" .. whole(tonumber(seq) + 1)
end

-- A parked set that has gone, by an eviction or a mistaken DEL, looks like an empty one. So
-- before entries are removed on its word, a marker is put into it for good, and remembered in the state.
local function mark()
  if state[2] ~= "1" then
    call("ZADD", parked_key, whole(2 ^ 53 - 1), "xd:parked")
    call("HSET", state_key, "marked", "1")
  end
end

-- Whether nobody but us ever worked in our group: then entries that are done, where nothing was ever
-- kept, are lost messages. A group that somebody else has made has not our permanent consumer yet.
local function may_be_orphans()
  if #groups > 1 or shared == 1 or retain ~= "" or state[1] == "1" or state[2] == "1" or state[4] == "1" then
    return false
  end
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

-- Finds the floor, and who holds it: what XINFO says of a group, or the name of one whose message is
-- parked. Returns why nothing may go, if so, and the group that is the reason: "undeclared", where ARGV
-- lacks one; "orphans", where entries may be parked messages whose set was lost; "ok", where our own has
-- not begun: its first pass starts at the first entry.
local function find_floor()
  groups = try("XINFO", "GROUPS", stream)
  local places, begun = {}, false
  for i = list_at, #ARGV do
    places[ARGV[i]] = 4 + (i - list_at) * 2
  end
  for _, flat in ipairs(groups) do
    local info = named(flat)
    local at = places[info.name]
    if not at then
      return "undeclared"
    end
    if call("HGET", KEYS[at + 1], "marked") == "1" and not call("ZSCORE", KEYS[at], "xd:parked") then
      return "orphans", info.name
    end
    begun = begun or info.name == group
    local first = call("XPENDING", stream, info.name, "-", "+", 1)[1]
    hold(first and first[1] or after(info["last-delivered-id"]), info)
  end
  if not begun then
    return "ok", group
  end
  for i = list_at, #ARGV do
    for _, id in ipairs(call("ZRANGE", KEYS[places[ARGV[i]]], 0, -1)) do
      if string.sub(id, 1, 3) ~= "xd:" then -- markers
        hold(id, ARGV[i])
      end
    end
  end
end
