-- Idempotency keys of what was claimed: done inside the window, in progress elsewhere, or ours now.
-- One sorted set: member = key, score = expiry * 2 + done. A constant number of commands a turn.

local cut_to_size, take_keys
do
  -- The record of what a lost response handed out is ours already, while its lease runs.
  local function is_ours_already(id)
    return kind == "replayed" and own[id][3] < lease - SCRIPT_MS
  end

  -- What is not UTF-8 reaches no handler unchanged, and a client would take two such keys for one: it is a dead
  -- letter, byte for byte, and its key is not taken. Asked for once a client has met what may be such bytes.
  local function refuse_bytes()
    local texts = {}
    for _, message in ipairs(messages) do
      local id, fields, count = message[1], message[2], message[3] or 1
      if is_text(table.concat(fields, " ")) then
        texts[#texts + 1] = message
      else
        if is_ours_already(id) then
          free(id, key_of(fields))
        end
        write_dead_letter(id, count, "invalid", "PayloadError: The message is not UTF-8.", count - (message[4] or 0))
        dead_count = dead_count + 1
      end
    end
    messages = texts
  end

  -- Cuts what would make the reply too large, and gives it back: parked, due now, not counted. What was handed
  -- out before stays owned, for the next turns: in a copy of an older turn it is what the pass works on.
  function cut_to_size()
    if more.check == 1 then
      refuse_bytes()
    end
    local bytes, fitting = 0, #messages
    for i = 1, #messages do
      bytes = bytes + bytes_of(i, i)
      if bytes > max_bytes and i > 1 then
        fitting = i - 1
        break
      end
    end
    for i = #messages, fitting + 1, -1 do
      local id, count = messages[i][1], messages[i][3] or 1
      if kind == "suspects" then
        call("XCLAIM", stream, group, SUSPECTS, 0, id, "RETRYCOUNT", count - 1, "JUSTID")
        call("HSET", crashes_key, id, messages[i][4] - 1)
        suspects_left = 1
      elseif kind == "ordinary" then
        park(id, now, count - 1)
      end
      messages[i] = nil
    end
  end

  -- The ids that senders know of those messages that hold their keys under them. While such an id is that of one
  -- that is delayed, the entry is of another program.
  local function sender_ids(owners, keys, holders)
    local asked, places, known = {}, {}, {}
    for i, message in ipairs(owners) do
      local fields, holder = message[2], holders[keys[i]]
      if holder and fields[1] == "xd:id" and fields[2] == entry_id(holder) then
        asked[#asked + 1], places[#places + 1] = fields[2], i
      end
    end
    for j, body in ipairs(ask_in_slices({ "HMGET", bodies_key }, asked)) do
      known[places[j]] = not body and asked[j] or nil
    end
    return known
  end

  -- From its claim on a message has its key: for the length of the lease, or as if deduplicated by its send.
  local function take_key(key, id)
    if dedupe == 1 then
      hold(key, id)
    else
      append(records, whole((now + lease) * 2), key)
    end
  end

  function take_keys()
    local keys, owners, rest, met = {}, {}, {}, {}
    for _, message in ipairs(messages) do
      local key = key_of(message[2])
      if key ~= "" then
        keys[#keys + 1], owners[#owners + 1] = key, message
      end
    end
    if #keys == 0 then
      return false
    end
    local seen, dropped = {}, {}
    local scores = ask_in_slices({ "ZMSCORE", keys_key }, keys)
    local holders = holders_of(keys, scores)
    local known = sender_ids(owners, keys, holders)
    for i, key in ipairs(keys) do
      local id, _, count = unpack(owners[i], 1, 3)
      local score = tonumber(scores[i] or "0")
      local expiry, done = floor(score / 2), score % 2 == 1
      local holder = holders[key]
      local held_by = holder and entry_id(holder)
      local known_as = known[i] or id
      local due = (seen[key] or holder and held_by ~= id and held_by ~= known_as and is_there(holder))
        and now + lease or expiry > now and not is_ours_already(id) and expiry
      if expiry > now and done then
        finish(id)
        duplicates = duplicates + 1
        dropped[owners[i]] = true
      elseif due then -- or until its pass has settled the one that has its key: see settle_waiting()
        park(id, due, (count or 1) - 1)
        append(more.deferred, id, key)
        deferred = deferred + 1
        dropped[owners[i]] = true
      else
        seen[key] = true
        if held_by == known_as and known_as ~= id then
          hold(key, known_as .. " " .. id)
          met[#met + 1] = known_as
        elseif held_by ~= id then
          take_key(key, id)
        end
      end
    end
    call_in_slices({ "HDEL", more.moved_key }, met)
    for _, message in ipairs(messages) do
      if not dropped[message] then
        rest[#rest + 1] = message
      end
    end
    messages = rest
    return true
  end
end

local keep_house
do
  local HOUR = 3600000

  -- A message that somebody else deleted holds its key no more: some keys are looked at, by chance.
  local function drop_abandoned()
    local sample, held = call("ZRANDMEMBER", keys_key, 20, "WITHSCORES"), {}
    for i = 1, #sample, 2 do
      if tonumber(sample[i + 1]) < 0 then
        held[#held + 1] = sample[i]
      end
    end
    local abandoned = {}
    for i, holder in ipairs(ask_in_slices({ "HMGET", ids_key }, held)) do
      if not holder or not is_there(holder) then
        abandoned[#abandoned + 1] = held[i]
      end
    end
    call_in_slices({ "ZREM", keys_key }, abandoned)
    call_in_slices({ "HDEL", ids_key }, abandoned)
  end

  -- As long as an hour over the window, and never shorter than a function with a longer one has made it.
  local function live(key, life)
    if call("PTTL", key) < life - HOUR / 2 then
      call("PEXPIRE", key, whole(life))
    end
  end

  -- Expired records go, at most two thousand a time; the set itself expires when nobody renews it.
  function keep_house(keyed_claim, ending)
    if more.housekeeping == 1 or ending and keyed == 1 then
      local expired = call("ZRANGE", keys_key, 0, "(" .. whole(now * 2), "BYSCORE", "LIMIT", 0, 2000)
      call_in_slices({ "ZREM", keys_key }, expired)
      call_in_slices({ "HDEL", ids_key }, expired)
      if keep_results == 1 then
        call_in_slices({ "HDEL", results_key }, expired)
      end
      if dedupe == 1 then
        drop_abandoned()
      end
    elseif not (keyed_claim and survey == 1) then
      return
    end
    live(keys_key, dedupe == 1 and 400 * DAY or window + HOUR)
    if dedupe == 1 then live(ids_key, 400 * DAY) end
    if keep_results == 1 then live(results_key, window + HOUR) end
  end
end
