-- Dead letters: a copy with what happened goes to the dead-letter stream before the entry is done.

-- The first six pairs tell the story, the original fields follow.
local function write_dead_letter(id, count, reason, text, failures)
  local entry = call("XRANGE", stream, id, id)[1]
  if entry then
    local fields = entry[2]
    -- An entry that is deleted holds no key any more; one that stays has it taken from it.
    local key = dedupe + keep > 0 and key_of(fields) or ""
    local holder = key ~= "" and holders_of({ key }, { call("ZSCORE", keys_key, key) })[key]
    if holder and entry_id(holder) == id then
      call("ZREM", keys_key, key)
      call("HDEL", ids_key, key)
    end
    local add = { "XADD", dead_key }
    if more.dead_trim ~= "" then
      local bound = more.dead_trim_value
      if more.dead_trim == "MINID" then bound = math.max(0, now - bound) end
      append(add, more.dead_trim, "~", whole(bound))
    end
    append(add, "*", "failed_at", whole(now), "reason", reason, "error", text, "deliveries", count)
    append(add, "failures", failures, "original_id", id)
    append(add, unpack(narrow(fields)))
    call(unpack(add))
  else
    lost_payloads = lost_payloads + 1
  end
  finish(id)
  return entry
end

local function settle_dead()
  for row = dead_at, release_at - 1, dead_width do
    local id, count = delivery_at(row)
    if mine(id, count) then
      local reason, text, failures = unpack(ARGV, row + held_width, row + held_width + 2)
      if not write_dead_letter(id, count, reason, text, failures) then
        lost[#lost + 1] = id
      end
      free(id, key_at(row))
      own[id] = nil
    end
  end
end
