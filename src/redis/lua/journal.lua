-- What a pass tells of itself in the turn that ends it: counters and the times of the last pass in a
-- hash, and an entry in a capped journal. A pass that did nothing leaves its time alone. Nothing reads
-- them to decide, and what goes wrong with them harms no work: it is not told then.

local journaled = 0
local write_journal, recognise_journal
do
  local STOPPED = { "paused", "limited", "limited", "limited" } -- as held_back says
  local totals_at = crashed_at + crashed + 2 * more.waiting
  local overhead_at = totals_at + 2 * more.totals
  local times_at = overhead_at + 2 * more.overhead
  local shown_at = times_at + 2 * more.times
  local names, amounts = {}, {}

  local function count(name, amount)
    if amount ~= 0 then
      if not amounts[name] then
        names[#names + 1] = name
      end
      amounts[name] = (amounts[name] or 0) + amount
    end
  end

  local function count_listed(first, last)
    for i = first, last, 2 do
      count(ARGV[i], tonumber(ARGV[i + 1]))
    end
  end

  -- What this turn came upon itself; the pass tells of everything before it.
  local function count_found()
    count("duplicates", duplicates)
    count("deferred", deferred)
    count("dead", dead_count)
    count("reclaimed", reclaimed)
    count("lostPayloads", more.drops == 1 and 0 or lost_payloads)
    count("trimmedUnread", trimmed_unread)
  end

  -- What waits or is worked on; where completed entries stay, as far as the server can tell.
  local function backlog()
    if keep == 0 then
      return call("XLEN", stream)
    end
    for _, info in ipairs(call("XINFO", "GROUPS", stream)) do
      local found = named(info)
      if found.name == group then
        return found.pending + (tonumber(found.lag or 0) or 0)
      end
    end
    return 0
  end

  local function entry_of(stopped)
    local entry = { "stopped", stopped, "backlog", 0 }
    for i = shown_at, shown_at + 2 * more.shown - 1 do
      entry[#entry + 1] = ARGV[i]
    end
    for _, name in ipairs(names) do
      append(entry, name, whole(amounts[name]))
    end
    return entry
  end

  -- One of sixty fields, each for a minute: "minute:completed:failed".
  local function minute_with(before)
    local minute = floor(now / 60000)
    local of, completed, failed = string.match(before or "", "^(%d+):(%d+):(%d+)$")
    if tonumber(of) ~= minute then
      completed, failed = 0, 0
    end
    completed = completed + (amounts.completed or 0)
    failed = failed + (amounts.retried or 0) + (amounts.dead or 0)
    return whole(minute) .. ":" .. whole(math.max(0, completed)) .. ":" .. whole(math.max(0, failed))
  end

  local function write(...)
    local reply = try(...)
    return type(reply) ~= "table" or not reply.err
  end

  -- The last turns that told are named, of each lane the latest, so that none counts twice: not when it is
  -- sent again, nor when a copy of it arrives late. A lane counts its turns.
  local lane, number = string.match(more.turn_name, "^(.*)/(%d+)$")

  local function has_told(by)
    for of, told in string.gmatch(by or "", "(%S+)/(%d+) ") do
      if of == lane and tonumber(told) >= tonumber(number) then
        return true
      end
    end
    return false
  end

  local function named_before(by)
    local names = more.turn_name .. " "
    for of, told in string.gmatch(by or "", "(%S+)/(%d+) ") do
      if of ~= lane and #names < 500 then
        names = names .. of .. "/" .. told .. " "
      end
    end
    return names
  end

  -- Says whether the turn's amounts are in the hash now, and were not before.
  local function add_counters(changes)
    local minute = "m" .. whole(floor(now / 60000) % 60)
    local before = try("HMGET", more.stats_key, "by", minute, unpack(names))
    if before.err or has_told(before[1]) then
      journaled = before.err and 0 or 1
      return false
    end
    append(changes, "by", named_before(before[1]), minute, minute_with(before[2]))
    for i, name in ipairs(names) do
      append(changes, name, whole(math.max(0, (tonumber(before[i + 2] or "0") or 0) + amounts[name])))
    end
    journaled = write("HSET", more.stats_key, unpack(changes)) and 1 or 0
    return journaled == 1
  end

  -- This attempt does not end the pass. An earlier one may have, and one that arrives late must not.
  function recognise_journal()
    local by = try("HGET", more.stats_key, "by") or nil
    if type(by) == "table" then
      return
    end
    journaled = has_told(by) and 1 or 0
    if journaled == 0 then
      write("HSET", more.stats_key, "by", named_before(by))
    end
  end

  function write_journal(ending)
    local changes = { "last", whole(now) }
    if kind == "ordinary" and held_back == 0 then
      append(changes, "paused", 0) -- the mark of a pause that is gone is no pause any more
    end
    if ending and claim > 0 and held_back == 0 then
      append(changes, "empty", whole(now))
    end
    count_listed(totals_at, overhead_at - 1)
    count_found()
    if #names == 0 then
      journaled = write("HSET", more.stats_key, unpack(changes)) and 1 or 0
      return
    end
    count_listed(overhead_at, times_at - 1)
    count("commands", commands + 4)
    local stopped = more.reason ~= "" and more.reason or STOPPED[held_back] or "empty"
    local entry = entry_of(ending and stopped or "running")
    count_listed(times_at, shown_at - 1)
    if add_counters(changes) then
      entry[4] = backlog()
      write("XADD", more.journal_key, "MAXLEN", "~", 1000, "*", unpack(entry))
    end
  end
end
