-- Stores messages that ask for more than a plain send does: to wait until they are due, to be stored only
-- where no other message has their key, or not too many wait, or to push out the oldest.
-- ARGV behind the named ones: for each message the number of its fields and values, when it is due
-- ("" at once, "+ms" from now, or milliseconds since 1970), then those. Reply: as send.lua, and which
-- messages are there already, by their places; "?" is an id that nobody knows. Then what waited before, and whether
-- the sender is the one to kick.

local before = call("GET", sent_key)
if before then
  local ids, duplicates, text = string.match(before, "^(.-)\n(.-)\n(.*)$")
  -- Whoever asks again has not seen the answer, nor kicked.
  return { text == "" and "ok" or "partial", commands, ids, text, duplicates, {}, kick > 0 and 1 or 0 }
end
local now = server_time()
local text = ""

local function due_of(given)
  if string.sub(given, 1, 1) == "+" then
    return now + tonumber(string.sub(given, 2))
  end
  return tonumber(given) or 0
end

-- The messages up to the first that cannot be stored.
local rows = {}
local at = list_at
for i = 1, count do
  local width = tonumber(ARGV[at])
  if width > 778 then -- with its id it has to fit into a dead letter
    text = "too many fields"
    break
  end
  local first, last = at + 2, at + 1 + width
  local key = dedupe == 1 and key_of({ unpack(ARGV, first, last) }) or ""
  rows[i] = { first = first, last = last, due = due_of(ARGV[at + 1]), key = key }
  at = last + 1
end

-- Ids by place, those that are known already included.
local ids, duplicates = {}, {}

-- The id that its sender knows.
local function own_id(holder)
  return string.match(holder, "^%S+")
end

-- The id of the message that has a key: by its score, and by its holder where one is written down.
local function taken_by(score, holder)
  if score < 0 then
    return holder and is_there(holder) and own_id(holder)
  end
  return floor(score / 2) > now and (holder and own_id(holder) or "?")
end

-- Finds the messages that are not stored, since another has their key: before them, or in this batch.
local first_of = {}
local function find_duplicates()
  local keys, owners = {}, {}
  for i, row in ipairs(rows) do
    if row.key ~= "" then
      keys[#keys + 1], owners[#owners + 1] = row.key, i
    end
  end
  if #keys == 0 then
    return
  end
  local scores = ask_in_slices({ "ZMSCORE", keys_key }, keys)
  local known = ask_in_slices({ "HMGET", ids_key }, keys)
  for i, key in ipairs(keys) do
    local place = owners[i]
    local id = taken_by(tonumber(scores[i] or "0"), known[i])
    if id then
      ids[place] = id
    elseif not first_of[key] then
      first_of[key] = place
    end
    if ids[place] or first_of[key] ~= place then
      rows[place].duplicate = true
      duplicates[#duplicates + 1] = place
    end
  end
end

-- Its due time, so that a lost set of them can be made again, and its fields behind their lengths.
local function body_of(row)
  local parts = { whole(row.due), ";" }
  for i = row.first, row.last do
    append(parts, #ARGV[i], ":", ARGV[i])
  end
  return table.concat(parts)
end

-- What is not due yet waits beside the stream, under an id that tells when it was sent.
local function store_delayed()
  local bodies, dues = {}, {}
  for i, row in ipairs(rows) do
    if row.due > now and not row.duplicate then
      local mark = row.key ~= "" and "-k" or "" -- it holds a key
      ids[i] = string.format("d%.0f-%03d-%s", now, i - 1, string.sub(request, 1, 8)) .. mark
      append(bodies, ids[i], body_of(row))
      append(dues, whole(row.due), ids[i])
    end
  end
  for _, write in ipairs({ { "HSET", bodies_key, bodies }, { "ZADD", delayed_key, dues } }) do
    for first = 1, #write[3], 800 do
      local last = math.min(first + 799, #write[3])
      local reply = try(write[1], write[2], unpack(write[3], first, last))
      if type(reply) == "table" and reply.err then
        text = reply.err
        return 0
      end
    end
  end
  return #rows
end

local function forget_delayed(from)
  local list = {}
  for i = from, #rows do
    if not rows[i].duplicate then
      list[#list + 1] = ids[i]
    end
  end
  call_in_slices({ "HDEL", bodies_key }, list)
  call_in_slices({ "ZREM", delayed_key }, list)
end

-- How many messages wait or are worked on. Completed entries that are kept do not count.
local function backlog()
  local count = call("XLEN", stream)
  if keep == 1 then
    local groups = try("XINFO", "GROUPS", stream)
    for _, flat in ipairs(groups.err and {} or groups) do
      local info = named(flat)
      if info.name == group then
        -- Redis may have lost count of the unread ones, and counts those that others have trimmed.
        count = math.min(info.lag or 0, count) + info.pending + call("ZCOUNT", parked_key, 0, "(" .. whole(2 ^ 53 - 1))
      end
    end
  end
  return count + call("ZCARD", delayed_key)
end

find_duplicates()
local waiting = {}
if max_messages > 0 or max_bytes > 0 then
  local messages = max_messages > 0 and backlog() or 0
  local bytes = 0
  if max_bytes > 0 then
    bytes = (call("MEMORY", "USAGE", stream) or 0) + (call("MEMORY", "USAGE", bodies_key) or 0)
  end
  local too_many = max_messages > 0 and messages + #rows - #duplicates > max_messages
  if #duplicates < #rows and (too_many or max_bytes > 0 and bytes >= max_bytes) then
    return { "full", commands, "", "", "", { messages, bytes } }
  end
  waiting = { messages, bytes }
end

-- What is stored is the first so many, and nothing behind them.
local stored = store_delayed()
for i, row in ipairs(rows) do
  if stored == #rows and row.due <= now and not row.duplicate then
    local id = add(unpack(ARGV, row.first, row.last))
    if type(id) == "table" and id.err then
      text, stored = id.err, i - 1
    else
      ids[i] = id
    end
  end
end
if stored < #rows then
  forget_delayed(stored + 1)
end

local held_scores, holders = {}, {}
for i = 1, stored do
  local row = rows[i]
  if row.duplicate then
    ids[i] = ids[i] or ids[first_of[row.key]]
  elseif row.key ~= "" then
    append(held_scores, whole(-now), row.key)
    append(holders, row.key, ids[i])
  end
end
if #holders > 0 then
  call_in_slices({ "ZADD", keys_key }, held_scores)
  call_in_slices({ "HSET", ids_key }, holders)
  call("PEXPIRE", keys_key, whole(400 * 86400000))
  call("PEXPIRE", ids_key, whole(400 * 86400000))
end
while #duplicates > 0 and duplicates[#duplicates] > stored do
  duplicates[#duplicates] = nil
end
if newest > 0 then
  local dropped = exact == 1 and call("XTRIM", stream, "MAXLEN", newest)
    or exact == 0 and call("XTRIM", stream, "MAXLEN", "~", newest)
  if dropped > 0 then
    call("HINCRBY", state_key, "dropped", dropped)
  end
end
local first = 0
if kick > 0 and stored > #duplicates and call("SET", kicked_key, 1, "NX", "PX", kick) then
  first = 1
end
local list, doubled = table.concat(ids, " ", 1, stored), table.concat(duplicates, " ")
if stored > 0 then
  call("SET", sent_key, list .. "\n" .. doubled .. "\n" .. text, "PX", whole(remember))
end
return { text == "" and "ok" or "partial", commands, list, text, doubled, waiting, first }
