-- Stores messages that ask for more than a plain send does: here, to wait until they are due.
-- ARGV behind the named ones: for each message the number of its fields and values, when it is due
-- ("" at once, "+ms" from now, or milliseconds since 1970), then those. Reply: as send.lua.

local before = call("GET", sent_key)
if before then
  local ids, text = string.match(before, "^(.-)\n(.*)$")
  return { text == "" and "ok" or "partial", commands, ids, text }
end
local now = server_time()
local text = ""

local function due_of(given)
  if string.sub(given, 1, 1) == "+" then
    return now + tonumber(string.sub(given, 2))
  end
  return tonumber(given) or 0
end

-- The messages up to the first that cannot be stored, as { first value, last value, due }.
local rows = {}
local at = list_at
for i = 1, count do
  local width = tonumber(ARGV[at])
  if width > 778 then -- with its id it has to fit into a dead letter
    text = "too many fields"
    break
  end
  rows[i] = { at + 2, at + 1 + width, due_of(ARGV[at + 1]) }
  at = at + 2 + width
end

-- Its due time, so that a lost set of them can be made again, and its fields behind their lengths.
local function body_of(row)
  local parts = { whole(row[3]), ";" }
  for i = row[1], row[2] do
    append(parts, #ARGV[i], ":", ARGV[i])
  end
  return table.concat(parts)
end

-- What is not due yet waits beside the stream, under an id that tells when it was sent.
local ids, bodies, dues = {}, {}, {}
for i, row in ipairs(rows) do
  if row[3] > now then
    ids[i] = string.format("d%.0f-%03d-%s", now, i - 1, string.sub(request, 1, 8))
    append(bodies, ids[i], body_of(row))
    append(dues, whole(row[3]), ids[i])
  end
end
local function forget_delayed(from)
  local list = {}
  for i = from, #rows do
    list[#list + 1] = ids[i]
    ids[i] = nil
  end
  call_in_slices({ "HDEL", bodies_key }, list)
  call_in_slices({ "ZREM", delayed_key }, list)
end

local stored = #rows
for _, pairs_of in ipairs({ { "HSET", bodies_key, bodies }, { "ZADD", delayed_key, dues } }) do
  for first = 1, #pairs_of[3], 800 do
    local last = math.min(first + 799, #pairs_of[3])
    local reply = try(pairs_of[1], pairs_of[2], unpack(pairs_of[3], first, last))
    if type(reply) == "table" and reply.err then
      text, stored = reply.err, 0
    end
  end
end
for i, row in ipairs(rows) do
  if stored == #rows and row[3] <= now then
    local id = try("XADD", stream, "*", unpack(ARGV, row[1], row[2]))
    if type(id) == "table" and id.err then
      text, stored = id.err, i - 1
    else
      ids[i] = id
    end
  end
end
if stored < #rows then -- what is stored is the first so many, and nothing behind them
  forget_delayed(stored + 1)
end
local list = table.concat(ids, " ", 1, stored)
if stored > 0 then
  call("SET", sent_key, list .. "\n" .. text, "PX", whole(remember))
end
return { text == "" and "ok" or "partial", commands, list, text }
