-- A turn: settle what the pass has in hand, then claim more, in one atomic step.
-- KEYS, the named arguments and the lists behind them are declared in turn.ts; this part refuses a
-- copy that arrives late, and holds what the other parts share.
-- Reply: see turn-end.lua. Complexity: O(messages of the turn), whatever the size of the queue.

local now = server_time()
-- A process that knows only its own clock yet sends that, negative.
if not_after > 0 and now > not_after or not_after < 0 and math.abs(now + not_after) > 5000 then
  return { "late", whole(now), commands }
end

local SUSPECTS = "xd:suspects" -- the permanent consumer that holds what dead passes left
local DAY = 86400000
local SCRIPT_MS = 20 -- longer than a script takes: `now` was read at its start, idle times later

-- What this token owns, as XPENDING tells it: id -> { id, consumer, idle time, delivery count }, and
-- the same in order.
local own, owned = {}, {}
-- What the turn will do to the stream's side tables; flush() applies it.
local acks, removals, parks, records, frees, forgets, results = {}, {}, {}, {}, {}, {}, {}
-- What the reply will say.
local lost, uncertain, messages = {}, {}, {}
local dead_count, lost_payloads, duplicates, deferred, reclaimed = 0, 0, 0, 0, 0
local created, pending_limit, suspects_left, next_due = 0, 0, 0, 0

-- Where sends are deduplicated: keys that messages hold from now on.
local held_scores, holders = {}, {}

local function hold(key, id)
  append(held_scores, whole(-now), key)
  append(holders, key, id)
end

more.deferred = {} -- ids and keys of what waits for another message of its key
more.ended = {} -- keys of what is settled: whether it is done

local has_crashed = {} -- id -> true where there may be a crash record

-- Out of the pending list until `due`, with the number of deliveries that count so far. The score
-- is due * 1024, plus 512 where there may be a crash record, plus that number.
local function park(id, due, count)
  local crashed = has_crashed[id] and 512 or 0
  append(parks, whole(due * 1024 + crashed + math.max(0, math.min(count, 511))), id)
  acks[#acks + 1] = id
end

-- Done with it for good.
local function finish(id)
  acks[#acks + 1] = id
  if keep == 0 then
    removals[#removals + 1] = id
  end
  if has_crashed[id] then
    forgets[#forgets + 1] = id
  end
end

local flush
do
  -- The keys of work that was not done may be taken by other messages. A record that says done is
  -- somebody else's: theirs stays, whatever the clock made of our lease.
  local function free_keys()
    local ours = {}
    for i, score in ipairs(ask_in_slices({ "ZMSCORE", keys_key }, frees)) do
      if score and tonumber(score) >= 0 and tonumber(score) % 2 == 0 then
        ours[#ours + 1] = frees[i]
      end
    end
    call_in_slices({ "ZREM", keys_key }, ours)
  end

  -- Side tables first, the pending list after them, the entry last: a failure in between repeats
  -- work and loses none.
  function flush()
    if #parks > 0 then park_with_records(parks) end
    -- A renewal never shortens what is there: it may say done, whatever the clock made of our lease.
    if #records > 0 and window >= lease then
      call_in_slices({ "ZADD", keys_key, "GT" }, records)
    elseif #records > 0 then
      call_in_slices({ "ZADD", keys_key }, records)
    end
    if #results > 0 then call_in_slices({ "HSET", results_key }, results) end
    if #frees > 0 then free_keys() end
    call_in_slices({ "ZADD", keys_key }, held_scores)
    call_in_slices({ "HSET", ids_key }, holders)
    if #acks > 0 and #acks <= 800 then
      call("XACK", stream, group, unpack(acks))
    elseif #acks > 0 then
      call_in_slices({ "XACK", stream, group }, acks)
    end
    if #removals > 0 then call_in_slices({ "XDEL", stream }, removals) end
    if #forgets > 0 then call_in_slices({ "HDEL", crashes_key }, forgets) end
    acks, removals, parks, records, frees, forgets, results = {}, {}, {}, {}, {}, {}, {}
    held_scores, holders = {}, {}
  end
end
