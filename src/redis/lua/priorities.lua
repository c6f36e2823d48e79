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

local replies = {}
local args_before = list_at - 1 + 2 * parts
local room, room_bytes, occupied = nil, nil, false

for part = 1, parts do
  local width = tonumber(all_args[list_at + 2 * part - 2])
  local may_pass = all_args[list_at + 2 * part - 1] == "1"
  KEYS = part_of(all_keys, (part - 1) * key_count, key_count)
  ARGV = part_of(all_args, args_before, width)
  args_before = args_before + width
  local wants = tonumber(ARGV[claim_place]) > 0
  local asked = 0
  if wants then
    room, room_bytes = room or tonumber(ARGV[claim_place]), room_bytes or tonumber(ARGV[max_bytes_place])
    if room_bytes <= 0 then
      room = 0
    end
    asked = room
    ARGV[claim_place], ARGV[max_bytes_place] = room, room_bytes
    if (occupied or room == 0) and ARGV[suspects_place] ~= "0" then
      ARGV[suspects_place] = 3 -- they come with nothing else in hand
    end
  end
  if part > 1 then
    ARGV[not_after_place] = 0 -- all of the step or nothing
  end
  if wants and may_pass and room == 0 then
    replies[part] = { 0, { "passed over" } }
  else
    commands = part == 1 and 1 or 0
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
      room = reply[4] == "ordinary" and room - #reply[5] or 0
      occupied = occupied or #reply[5] > 0
      if part < parts then
        room_bytes = room_bytes - bytes_of(reply[5])
      end
    end
  end
end

return { "ok", replies }
