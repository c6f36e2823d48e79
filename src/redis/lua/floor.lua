-- The floor: over all groups, the lowest of the first pending entry, the one after the last delivered,
-- and the parked ids. What is unprocessed for anybody is not below it. O(parked entries).
-- KEYS: the stream, own parked set, its records and own state, then the same three of each group, in the order of the
-- names in ARGV.

local now = server_time()
local state = call("HMGET", state_key, "shared", "marked", "kept", "trim_next")
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

-- Before entries are removed on the word of the parked set, it gets its marker; and its records are made anew,
-- where they are not as many: a release that keeps none has parked messages, or claimed some.
local differs = false
local function mark_own()
  if state[2] ~= "1" or differs then
    mark()
  end
end

-- Finds the floor, and who holds it: what XINFO says of a group, or the name of one whose message is
-- parked. Returns why nothing may go, if so, and the group that is the reason: "undeclared", where ARGV
-- lacks one; "orphans", where a group's parked set was lost; "ok", where a group of ARGV has not begun: its
-- first pass starts at the first entry.
local function find_floor()
  groups = try("XINFO", "GROUPS", stream)
  local places, waiting = {}, { [group] = true }
  for i = list_at, #ARGV do
    places[ARGV[i]] = 5 + (i - list_at) * 3
    waiting[ARGV[i]] = true
  end
  for _, flat in ipairs(groups) do
    local info = named(flat)
    local at = places[info.name]
    if not at then
      return "undeclared"
    end
    waiting[info.name] = nil
    local ids = call("ZRANGE", KEYS[at], 0, "+inf", "BYSCORE")
    local has_marker = ids[#ids] == MARKER -- behind all others
    local records = (not has_marker or info.name == group) and call("HLEN", KEYS[at + 1])
    if not has_marker and (records > #ids or call("HGET", KEYS[at + 2], "marked") == "1") then
      return "orphans", info.name
    end
    if info.name == group then
      differs = records ~= #ids
    end
    local first = call("XPENDING", stream, info.name, "-", "+", 1)[1]
    hold(first and first[1] or after(info["last-delivered-id"]), info)
    for i = 1, #ids - (has_marker and 1 or 0) do
      hold(ids[i], info.name)
    end
  end
  local missing = next(waiting)
  if missing then
    return "ok", missing
  end
end
