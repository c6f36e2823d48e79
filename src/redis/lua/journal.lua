-- What a pass tells of itself in the turn that ends it: counters and the times of the last pass in a
-- hash, and an entry in a capped journal. A pass that did nothing leaves its time alone. Nothing reads
-- them to decide.

local journaled = 0
local write_journal
do
  local STOPPED = { "paused", "limited", "limited", "limited" } -- as held_back says
  local totals_at = crashed_at + crashed
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
    count("lostPayloads", lost_payloads)
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

  local function add_entry(stopped)
    local entry = { "XADD", more.journal_key, "MAXLEN", "~", 1000, "*", "stopped", stopped }
    append(entry, "backlog", backlog())
    for i = shown_at, shown_at + 2 * more.shown - 1 do
      entry[#entry + 1] = ARGV[i]
    end
    for _, name in ipairs(names) do
      append(entry, name, whole(amounts[name]))
    end
    call(unpack(entry))
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

  local function add_counters(changes)
    local minute = "m" .. whole(floor(now / 60000) % 60)
    local before = call("HMGET", more.stats_key, minute, unpack(names))
    append(changes, minute, minute_with(before[1]), "by", more.turn_name)
    for i, name in ipairs(names) do
      append(changes, name, whole(tonumber(before[i + 1] or "0") + amounts[name]))
    end
    call("HSET", more.stats_key, unpack(changes))
  end

  function write_journal(ending)
    journaled = 1
    local changes = { "last", whole(now) }
    if ending and claim > 0 and held_back == 0 then
      append(changes, "empty", whole(now))
    end
    count_listed(totals_at, overhead_at - 1)
    count_found()
    if #names == 0 then
      call("HSET", more.stats_key, unpack(changes))
      return
    end
    if attempt > 1 and call("HGET", more.stats_key, "by") == more.turn_name then
      return -- an earlier attempt has told
    end
    count_listed(overhead_at, times_at - 1)
    count("commands", commands + 4)
    local stopped = more.reason ~= "" and more.reason or STOPPED[held_back] or "empty"
    add_entry(ending and stopped or "running")
    count_listed(times_at, shown_at - 1)
    add_counters(changes)
  end
end
