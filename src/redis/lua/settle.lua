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

  -- The record of done work, under its key; where results are kept also under the id that its sender knows.
  local function record_done(key, result, known_as)
    more.ended[key] = true
    for _, name in ipairs(keep_results == 1 and { key, known_as } or { key }) do
      if name ~= "" then
        append(records, done_until, name)
        if keep_results == 1 then
          append(results, name, result)
        end
      end
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
        record_done(key, ARGV[row + held_width], ARGV[row + held_width + 1])
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
    more.ended[key] = false
  end
end

local settle_parked, settle_waiting
do
  -- What waits for the keys of what this turn has settled: done with it, or due now. It is parked, unless
  -- somebody has it by now.
  function settle_waiting()
    local ids, done = {}, {}
    for i = 1, more.waiting do
      ids[i] = ARGV[crashed_at + crashed + 2 * i - 2]
    end
    for i, score in ipairs(ask_in_slices({ "ZMSCORE", parked_key }, ids)) do
      local is_done = more.ended[ARGV[crashed_at + crashed + 2 * i - 1]]
      if score and is_done then
        has_crashed[ids[i]] = tonumber(score) % 1024 >= 512 or nil
        append(done, ids[i])
        finish(ids[i])
      elseif score and is_done == false then
        append(parks, whole(now * 1024 + tonumber(score) % 1024), ids[i])
      end
    end
    duplicates = #done
    if #done > 0 then
      flush()
      unpark(done)
    end
  end

  -- Retries, and releases, whose deliveries do not count.
  function settle_parked(first, last, uncounted)
    for row = first, last, held_width + 1 do
      local id, count = delivery_at(row)
      if mine(id, count, true) then
        park(id, now + tonumber(ARGV[row + held_width]), count - uncounted)
        free(id, key_at(row))
        own[id] = nil
      end
    end
  end
end
