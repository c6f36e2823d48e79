-- Turns over several queues in one step, in the order given: each claims what those before it have
-- left. `turn` is the turn of one, over its own KEYS and ARGV. The list: for each queue how many
-- arguments it has and whether it may be passed over where nothing is left to claim; then those of each.
-- Reply: { "ok", replies }, for each queue how many it could claim and its reply, as turn-end.lua makes
-- it, or { "passed over" }, or { "error", text }.

local function part_of(list, before, count)
  local part = {}
  for i = 1, count do
    part[i] = list[before + i]
  end
  return part
end

local function bytes_of(entries)
  local bytes = 0
  for _, entry in ipairs(entries) do
    for i = 1, #entry[2] do
      bytes = bytes + #entry[2][i]
    end
  end
  return bytes
end

local function width_of(part)
  return tonumber(all_args[list_at + 2 * part - 2])
end

local function keys_of(part)
  return part_of(all_keys, (part - 1) * key_count, key_count)
end

local args_start = list_at - 1 + 2 * parts

-- The first arguments of a turn.
local GROUP, TOKEN, ATTEMPT = 1, 2, 3

-- Which queues have handed out what the caller does not know of, since a response got lost. That comes
-- again before anything else is claimed: it may be suspects.
local function find_lost_claims()
  local found, before = {}, args_start
  for part = 1, parts do
    local args, known = part_of(all_args, before, width_of(part)), {}
    for _, text in ipairs(args) do
      known[text] = true -- a delivery as fence.lua reads it, or something else
    end
    local stream = keys_of(part)[1]
    local owned = redis.pcall("XPENDING", stream, args[GROUP], "-", "+", 10000, args[TOKEN])
    for _, entry in ipairs(owned) do
      if not known[entry[4] == 1 and entry[1] or entry[1] .. "/" .. entry[4]] then
        found[part], found.any = true, true
      end
    end
    before = before + #args
  end
  return found
end

local function brings_suspects(entries)
  for _, entry in ipairs(entries) do
    if (entry[4] or 0) > 0 then
      return true
    end
  end
  return false
end

local is_again = tonumber(all_args[args_start + ATTEMPT]) > 1
local lost_claims = is_again and find_lost_claims() or {}
local replies = {}
local args_before = args_start
local room, room_bytes, occupied = nil, nil, false

for part = 1, parts do
  local width = width_of(part)
  local may_pass = all_args[list_at + 2 * part - 1] == "1"
  KEYS = keys_of(part)
  ARGV = part_of(all_args, args_before, width)
  args_before = args_before + width
  local wants = tonumber(ARGV[claim_place]) > 0
  local asked = 0
  if wants then
    room, room_bytes = room or tonumber(ARGV[claim_place]), room_bytes or tonumber(ARGV[max_bytes_place])
    if room_bytes <= 0 then
      room = 0
    end
    asked = (not lost_claims.any or lost_claims[part]) and room or 0
    ARGV[claim_place], ARGV[max_bytes_place] = asked, room_bytes
    if (occupied or asked == 0) and ARGV[suspects_place] ~= "0" then
      ARGV[suspects_place] = 3 -- they come with nothing else in hand
    end
  end
  if part > 1 then
    ARGV[not_after_place] = 0 -- all of the step or nothing
  end
  if wants and may_pass and room == 0 then
    replies[part] = { 0, { "passed over" } }
  else
    commands = (part == 1 and 1 or 0) + (is_again and 1 or 0)
    -- What is wrong with one queue must not take along what another one was just given.
    local done, reply = pcall(turn)
    if not done then
      reply = { "error", type(reply) == "table" and reply.err or reply, commands }
    end
    if reply[1] == "late" then
      return reply
    end
    replies[part] = { asked, reply }
    if wants and reply[1] == "ok" then
      local goes_on = reply[4] == "ordinary" or lost_claims.any and not brings_suspects(reply[5])
      room = goes_on and room - #reply[5] or 0
      occupied = occupied or #reply[5] > 0
      if part < parts then
        room_bytes = room_bytes - bytes_of(reply[5])
      end
    end
  end
end

return { "ok", replies }
