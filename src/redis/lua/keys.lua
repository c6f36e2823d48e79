-- Idempotency keys of what was claimed: done inside the window, in progress elsewhere, or ours now.
-- One sorted set: member = key, score = expiry * 2 + done. A constant number of commands a turn.

-- The record of what a lost response handed out is ours already, while its lease runs.
local function is_ours_already(id)
  return kind == "replayed" and own[id][3] < lease - SCRIPT_MS
end

-- Cuts what would make the reply too large, and gives it back: parked, due now, not counted.
local function cut_to_size()
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
    else
      if is_ours_already(id) then
        free(id, key_of(messages[i][2]))
      end
      park(id, now, count - 1)
    end
    messages[i] = nil
  end
end

local take_keys
do
  -- The messages that hold the keys among these whose score says so, by key.
  local function holders_of(keys, scores)
    local held, holders = {}, {}
    for i, key in ipairs(keys) do
      if tonumber(scores[i] or "0") < 0 then
        held[#held + 1] = key
      end
    end
    for i, holder in ipairs(ask_in_slices({ "HMGET", ids_key }, held)) do
      holders[held[i]] = holder
    end
    return holders
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
    local keys, owners = {}, {}
    for i, message in ipairs(messages) do
      local key = key_of(message[2])
      if key ~= "" then
        keys[#keys + 1], owners[#owners + 1] = key, i
      end
    end
    if #keys == 0 then
      return false
    end
    local seen, dropped = {}, {}
    local scores = ask_in_slices({ "ZMSCORE", keys_key }, keys)
    local holders = holders_of(keys, scores)
    for i, key in ipairs(keys) do
      local id, count = messages[owners[i]][1], messages[owners[i]][3] or 1
      local score = tonumber(scores[i] or "0")
      local expiry, done = floor(score / 2), score % 2 == 1
      local holder = holders[key]
    local fields = messages[owners[i]][2]
    local known_as = fields[1] == "xd:id" and fields[2] or id
      if expiry > now and done then
        finish(id)
        duplicates = duplicates + 1
        dropped[owners[i]] = true
      elseif not seen[key] and holder and (entry_id(holder) == id or entry_id(holder) == known_as) then
        seen[key] = true -- it holds its key already
      elseif seen[key] or holder and is_there(holder) then
        park(id, now + lease, count - 1)
        deferred = deferred + 1
        dropped[owners[i]] = true
      elseif expiry > now and not is_ours_already(id) then
        park(id, expiry, count - 1)
        deferred = deferred + 1
        dropped[owners[i]] = true
      else
        seen[key] = true
        take_key(key, id)
      end
    end
    if next(dropped) then
      local rest = {}
      for i, message in ipairs(messages) do
        if not dropped[i] then
          rest[#rest + 1] = message
        end
      end
      messages = rest
    end
    return true
  end
end

local keep_house
do
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

  -- Expired records go, at most two thousand a time; the set itself expires when nobody renews it.
  function keep_house(keyed_claim, ending)
    if housekeeping == 1 or ending and keyed == 1 then
      local expired = call("ZRANGE", keys_key, 0, "(" .. whole(now * 2), "BYSCORE", "LIMIT", 0, 2000)
      if #expired > 0 then
        call_in_slices({ "ZREM", keys_key }, expired)
        if keep_results == 1 then
          call_in_slices({ "HDEL", results_key }, expired)
        end
        call_in_slices({ "HDEL", ids_key }, expired)
      end
      if dedupe == 1 then
        drop_abandoned()
      end
    elseif not (keyed_claim and survey == 1) then
      return
    end
    call("PEXPIRE", keys_key, whole(key_life))
    if dedupe == 1 then
      call("PEXPIRE", ids_key, whole(key_life))
    end
    if keep_results == 1 then
      call("PEXPIRE", results_key, whole(window + 3600000))
    end
  end
end
