-- The fence: an outcome is applied only if this token still owns the id with that count. Owner alone is
-- not enough, since a pass can lose a message and claim it again.
-- The outcomes are rows of ARGV: which delivery (`id`, or `id/count` where the count is not 1), then the key in
-- a pass that has met keys, then more.

local held_width = 1 + keyed
local complete_width = held_width + 2 * keep_results
local retry_width, dead_width, release_width = held_width + 1, held_width + 3, held_width + 1
local held_at = list_at
local complete_at = held_at + held * held_width
local retry_at = complete_at + complete * complete_width
local dead_at = retry_at + retry * retry_width
local release_at = dead_at + dead * dead_width
local crashed_at = release_at + release * release_width
for i = crashed_at, crashed_at + crashed - 1 do
  has_crashed[ARGV[i]] = true
end
local unsettled, still_held = { gone = {} }, {}

local function delivery_at(row)
  local text = ARGV[row]
  local slash = string.find(text, "/", 1, true)
  if slash then
    return string.sub(text, 1, slash - 1), tonumber(string.sub(text, slash + 1))
  end
  return text, 1
end

local function key_at(row)
  return keyed == 1 and ARGV[row + 1] or ""
end

local function mine(id, count, parking)
  local entry = own[id]
  if entry and entry[4] == count then
    return true
  end
  unsettled[#unsettled + 1] = { id, attempt == 1, parking } -- resolve_unsettled() finds out why
  return false
end

-- A lease that ran out and was not swept yet still owns its pending entry, but its record in the
-- set of keys has expired: another message with the same key may have it by now. Such a record says
-- done, or expires later than ours could, which was written when the lease began, or names a holder.
local taken = {} -- id -> when that record expires; 0 where it says done
local function ask_for_keys()
  local ask, asking, ours_until = {}, {}, {}
  local function look(first, last, width)
    for row = first, last, width do
      local id = delivery_at(row)
      local key = ARGV[row + 1]
      local entry = own[id]
      if key ~= "" and entry and entry[3] >= lease - SCRIPT_MS then
        ask[#ask + 1] = key
        asking[#ask], ours_until[#ask] = id, now - entry[3] + lease + SCRIPT_MS
      end
    end
  end
  if keyed == 1 then
    look(held_at, complete_at - 1, held_width)
    look(complete_at, retry_at - 1, complete_width)
    look(retry_at, dead_at - 1, retry_width)
    look(dead_at, release_at - 1, dead_width)
    look(release_at, crashed_at - 1, release_width)
  end
  if #ask == 0 then
    return
  end
  local scores = ask_in_slices({ "ZMSCORE", keys_key }, ask)
  local holders = holders_of(ask, scores)
  for i, id in ipairs(asking) do
    local score, holder = tonumber(scores[i] or "0"), holders[ask[i]]
    local expiry, done = floor(score / 2), score % 2 == 1
    if holder and entry_id(holder) ~= id and is_there(holder) then
      taken[id] = now + lease
    elseif expiry > now and (done or expiry > ours_until[i]) then
      taken[id] = done and 0 or expiry
    end
  end
end
