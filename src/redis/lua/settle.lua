-- The outcomes of the pass: completed, to be retried, given back. (Dead ones: dead-letters.lua.)

-- Its lease ran out, and another message has its key by now. Where that one is not done, this delivery
-- counts, and is no failure of the handler.
local function give_way(id, count)
  lost[#lost + 1] = id
  own[id] = nil
  if taken[id] == 0 then
    finish(id)
  else
    has_crashed[id] = true
    call("HINCRBY", crashes_key, id, 1)
    call("PEXPIRE", crashes_key, whole(30 * DAY))
    park(id, taken[id], count)
  end
end

local settle_completed
do
  local done_until = whole((now + window) * 2 + 1)

  -- The record of done work, under its key, or where results are kept under the id.
  local function record_done(id, key, result)
    local name = key
    if keep_results == 1 then
      if name == "" then
        name = id
      end
      append(results, name, result)
    end
    if name ~= "" then
      records[#records + 1] = done_until
      records[#records + 1] = name
    end
  end

  local function settle_with_care(row)
    local id, count = delivery_at(row)
    local key = key_at(row)
    if taken[id] and own[id] and own[id][4] == count then
      give_way(id, count)
    elseif mine(id, count) then
      finish(id)
      own[id] = nil
      if keyed == 1 or keep_results == 1 then
        record_done(id, key, ARGV[row + held_width])
      end
    end
  end

  -- A first delivery without key, result or crash: nearly all there are.
  local function settle_plainly(id)
    local entry = own[id]
    if not entry or entry[4] ~= 1 then
      return false
    end
    acks[#acks + 1] = id
    if keep == 0 then
      removals[#removals + 1] = id
    end
    own[id] = nil
    return true
  end

  function settle_completed()
    local plain = keyed == 0 and keep_results == 0 and crashed == 0
    for row = complete_at, retry_at - 1, complete_width do
      if not (plain and settle_plainly(ARGV[row])) then
        settle_with_care(row)
      end
    end
  end
end

local function free(id, key)
  if key ~= "" and not taken[id] and dedupe == 0 then
    frees[#frees + 1] = key
  end
end

local function settle_retries()
  for row = retry_at, dead_at - 1, retry_width do
    local id, count = delivery_at(row)
    if mine(id, count, true) then
      park(id, now + tonumber(ARGV[row + held_width]), count)
      free(id, key_at(row))
      own[id] = nil
    end
  end
end

local function settle_released()
  for row = release_at, crashed_at - 1, release_width do
    local id, count = delivery_at(row)
    if mine(id, count, true) then
      park(id, now + tonumber(ARGV[row + held_width]), count - 1)
      free(id, key_at(row))
      own[id] = nil
    end
  end
end
