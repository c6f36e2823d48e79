-- The outcomes of the pass, each applied only if this token still owns the id with that count:
-- owner alone is not enough, since a pass can lose a message and claim it again.

local held_at = list_at
local complete_at = held_at + held * 3
local retry_at = complete_at + complete * 4
local dead_at = retry_at + retry * 4
local release_at = dead_at + dead * 6
local crashed_at = release_at + release * 3
for i = crashed_at, crashed_at + crashed - 1 do
  has_crashed[ARGV[i]] = true
end
local unsettled, still_held = {}, {}

local function mine(id, count)
  if delivery[id] == count then
    return true
  end
  if attempt == 1 then
    lost[#lost + 1] = id
  elseif not delivery[id] then
    unsettled[#unsettled + 1] = id -- settled already? resolve_unsettled() finds out
  end -- else an earlier attempt has parked it, and claimed it again
  return false
end

-- A lease that ran out and was not swept yet still owns its pending entry, but its record in the
-- set of keys has expired: another message with the same key may have it by now.
local taken = {} -- key -> when that record expires
local done_by_other = {} -- key -> whether it says done
local function ask_for_keys()
  local ask = {}
  local function look(at, count, width)
    for i = 0, count - 1 do
      local id, key = ARGV[at + i * width], ARGV[at + i * width + 2]
      if key ~= "" and idle[id] and idle[id] >= lease - SCRIPT_MS then
        ask[#ask + 1] = key
      end
    end
  end
  look(held_at, held, 3)
  look(complete_at, complete, 4)
  look(retry_at, retry, 4)
  look(dead_at, dead, 6)
  look(release_at, release, 3)
  if #ask == 0 then
    return
  end
  local scores = ask_in_slices({ "ZMSCORE", keys_key }, ask)
  for i, key in ipairs(ask) do
    local score = tonumber(scores[i] or "0")
    if math.floor(score / 2) > now then
      taken[key], done_by_other[key] = math.floor(score / 2), score % 2 == 1
    end
  end
end

local function settle_completed()
  for i = complete_at, retry_at - 1, 4 do
    local id, count, key, result = ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2], ARGV[i + 3]
    if taken[key] and delivery[id] == count then
      lost[#lost + 1] = id
      if done_by_other[key] then finish(id) else park(id, taken[key], count - 1) end
      delivery[id] = nil
    elseif mine(id, count) then
      finish(id)
      delivery[id] = nil
      local record = key
      if keep_results == 1 then
        if record == "" then record = id end
        append(results, record, result)
      end
      if record ~= "" then
        append(records, whole((now + window) * 2 + 1), record)
      end
    end
  end
end

local function free(key)
  if key ~= "" and not taken[key] then
    frees[#frees + 1] = key
  end
end

local function settle_retries()
  for i = retry_at, dead_at - 1, 4 do
    local id, count = ARGV[i], tonumber(ARGV[i + 1])
    if mine(id, count) then
      park(id, now + tonumber(ARGV[i + 3]), count)
      free(ARGV[i + 2])
      delivery[id] = nil
    end
  end
end

local function settle_released()
  for i = release_at, crashed_at - 1, 3 do
    local id, count = ARGV[i], tonumber(ARGV[i + 1])
    if mine(id, count) then
      park(id, now, count - 1)
      free(ARGV[i + 2])
      delivery[id] = nil
    end
  end
end
