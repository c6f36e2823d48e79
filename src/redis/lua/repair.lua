-- Brings back what the loss of a key hid: parked messages by their records, delayed ones by their bodies. What nobody
-- waits for and nothing proves to be done is an orphan: it is only counted, unless somebody decides, to run it or
-- to discard it. Reply: how many came back, the id to go on from ("" at the end), how many orphans there are with
-- those counted before, and the first of them. O(entries looked at, records).

local now = server_time()

-- Members of a hash that its sorted set may lack.
local function each_of(hash, visit)
  local at = "0"
  repeat
    local reply = call("HSCAN", hash, at, "COUNT", 100)
    for i = 1, #reply[2], 2 do
      visit(reply[2][i], reply[2][i + 1])
    end
    at = reply[1]
  until at == "0"
end

local groups = try("XINFO", "GROUPS", stream)
local position = not groups.err and position_in(groups)
local restored = 0
if cursor == "" and call("HLEN", bodies_key) > call("ZCARD", delayed_key) then
  each_of(bodies_key, function(id, body)
    call("ZADD", delayed_key, "NX", string.match(body, "^%d+"), id)
  end)
end
if cursor == "" and call("HLEN", due_key) > call("ZCOUNT", parked_key, 0, "+inf") then
  -- A set that has its marker was not lost. Then, and where the entry is gone or somebody has it, what has a record
  -- and is not parked was claimed by a release that keeps no records.
  local whole_set = call("ZSCORE", parked_key, MARKER)
  local marker = call("HGET", due_key, MARKER)
  each_of(due_key, function(id, score)
    if id == MARKER or call("ZSCORE", parked_key, id) then
      return
    end
    if whole_set or not position or less(position, id) or #call("XRANGE", stream, id, id) == 0
      or #call("XPENDING", stream, group, id, id, 1) > 0 then
      call("HDEL", due_key, id)
    else
      call("ZADD", parked_key, score, id)
      restored = restored + 1
    end
  end)
  if marker then
    call("ZADD", parked_key, marker, MARKER)
  end
end

local state = call("HMGET", state_key, "shared", "marked", "kept", "start", "orphans")
if not position or not is_undecided(groups, state) then
  if seen == "" then
    call("HDEL", state_key, "orphans")
  end
  return { "ok", commands, restored, "", 0, "" }
end
local known_count, known_first = string.match(state[5] or "", "^all (%d+) (.*)$")
if known_count and seen == "all" and cursor == "" then
  return { "ok", commands, restored, "", tonumber(known_count), known_first }
end
local first_at, last = cursor, position
if cursor == "" then
  local start = state[4] -- what was there before the group is none of its business
  first_at = start and (from == "-" or not less(start, from)) and "(" .. start or from
end
if to ~= "+" and less(to, position) then
  last = to
end
local entries = call("XRANGE", stream, first_at, last, "COUNT", 200)
local ids, known, orphans = {}, {}, {}
for i, entry in ipairs(entries) do
  ids[i] = entry[1]
end
local at = ids[1] or "+"
repeat
  local pending = call("XPENDING", stream, group, at, ids[#ids] or "-", 200)
  for _, entry in ipairs(pending) do
    known[entry[1]], at = true, "(" .. entry[1]
  end
until #pending < 200
for i, score in ipairs(ask_in_slices({ "ZMSCORE", parked_key }, ids)) do
  if not known[ids[i]] and not score then
    orphans[#orphans + 1] = ids[i]
  end
end
if decide == "run" then
  local parks = {}
  for _, id in ipairs(orphans) do
    append(parks, whole(now * 1024), id)
  end
  park_with_records(parks)
elseif decide == "discard" and state[2] ~= "1" then
  call_in_slices({ "XDEL", stream }, orphans)
end
local next_from = #entries == 200 and "(" .. ids[200] or ""
count = count + #orphans
local first = first_before ~= "" and first_before or orphans[1] or ""
if seen ~= "" then -- a pass looked: the next ones need not, while `seen` is as it was
  local at_least = next_from == "" and count or math.max(count, tonumber(seen) or 0)
  call("HSET", state_key, "orphans", seen .. " " .. whole(at_least) .. " " .. first)
elseif decide ~= "" then
  call("HDEL", state_key, "orphans")
  if next_from == "" and from == "-" and to == "+" and state[2] == "1" then
    call("DEL", due_key)
    mark() -- all is decided, so the set proves again what is done
  end
end
return { "ok", commands, restored, next_from, count, first }
