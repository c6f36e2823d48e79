-- Suspects: delivered before and never settled, so their pass died with them in hand. The first time
-- they come again in a small batch, after that alone, so that the one that kills takes few along.

local kind = "ordinary"
local made = false -- whether this token may have become a consumer

local given = 0 -- how many were given, those that the keys or the size took back included

-- A message is an entry of Redis, { id, fields }, with its delivery count and crashes behind; for a
-- new one, which has 1 and 0, they are left away.
local function give(entry, count, crashes)
  given = given + 1
  entry[3], entry[4] = count, crashes
  messages[#messages + 1] = entry
end

-- Ids that an XCLAIM did not return: the payload is gone, or somebody else holds the message.
local function account_for_missing(ids, entries, count)
  if #ids == #entries then
    return
  end
  local got = {}
  for _, entry in ipairs(entries) do
    got[entry[1]] = true
  end
  for _, id in ipairs(ids) do
    if not got[id] then
      if #call("XRANGE", stream, id, id) == 0 then
        lost_payloads = lost_payloads + 1
      elseif count then
        -- A server whose FORCE applies min-idle to an entry that it just made: claim it once more.
        local entry = call("XPENDING", stream, group, id, id, 1)[1]
        if entry and entry[2] == token then
          append(entries, unpack(call("XCLAIM", stream, group, token, 0, id, "RETRYCOUNT", count)))
        end
      end
    end
  end
end

-- Gives messages in their order, each with the count that it had. One XCLAIM sets one count, so they
-- are claimed by count: `claim_them(ids, count)` returns the entries.
local function give_counted(ids, counts, claim_them)
  local by_count, got = {}, {}
  for i, id in ipairs(ids) do
    by_count[counts[i]] = by_count[counts[i]] or {}
    append(by_count[counts[i]], id)
  end
  for count, list in pairs(by_count) do
    for _, entry in ipairs(claim_them(list, count)) do
      got[entry[1]] = entry
    end
  end
  for i, id in ipairs(ids) do
    if got[id] then
      give(got[id], counts[i], 0)
    end
  end
end

local function crash_counts(ids)
  local counts = {}
  for i, value in ipairs(ask_in_slices({ "HMGET", crashes_key }, ids)) do
    counts[i] = tonumber(value or "0")
  end
  return counts
end

local claim_suspects
do
  -- Splits the waiting suspects: over the limit, to be given now, and the rest.
  local function choose_suspects(list, counts)
    local over, chosen = {}, {}
    for i, entry in ipairs(list) do
      local suspect = { entry[1], entry[4], counts[i] + 1 }
      local alone = counts[i] > 0
      if on_crash == "dead" or suspect[2] >= max_deliveries then
        over[#over + 1] = suspect
      elseif #chosen == 0 or not alone and not chosen.alone and #chosen < suspect_batch then
        chosen[#chosen + 1] = suspect
        chosen.alone = chosen.alone or alone
      end
    end
    return over, chosen
  end

  function claim_suspects()
    suspect_batch = math.min(suspect_batch, claim)
    local list = call("XPENDING", stream, group, "-", "+", suspect_batch + 1, SUSPECTS)
    if #list == 0 then
      return
    end
    local ids = {}
    for i, entry in ipairs(list) do
      ids[i] = entry[1]
    end
    local over, chosen = choose_suspects(list, crash_counts(ids))
    for _, suspect in ipairs(over) do
      local id, count, crashes = unpack(suspect)
      has_crashed[id] = true
      if write_dead_letter(id, count, "crashed", "", math.max(0, count - crashes)) then
        dead_count = dead_count + 1
      end
    end
    flush()
    suspects_left = #list > math.min(#over + #chosen, suspect_batch) and 1 or 0
    if #chosen == 0 then
      return
    end
    kind, made = "suspects", true
    local claim_ids, crashed, by_id = {}, {}, {}
    for i, suspect in ipairs(chosen) do
      claim_ids[i], by_id[suspect[1]] = suspect[1], suspect
      has_crashed[suspect[1]] = true
      append(crashed, suspect[1], suspect[3])
    end
    call("HSET", crashes_key, unpack(crashed))
    call("PEXPIRE", crashes_key, whole(30 * DAY))
    local entries = call("XCLAIM", stream, group, token, 0, unpack(claim_ids))
    account_for_missing(claim_ids, entries)
    for _, entry in ipairs(entries) do
      local suspect = by_id[entry[1]]
      give(entry, suspect[2] + 1, suspect[3])
    end
  end
end
