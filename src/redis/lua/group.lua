-- The consumer group: made when it is missing, looked at by a survey, and what this token owns of it.

local pending, groups, unread, consumers -- known after a survey
local length, first_ms, trimmed_excess = 0, nil, nil
local all_settled, all_read_ms = true, math.huge -- over every group of the stream

-- How many messages are parked, without the markers: the trim's, and that of a pause below zero.
local function count_parked()
  return call("ZCOUNT", parked_key, 0, "(" .. whole(NEVER))
end

do
  -- A group that is missing is made at 0: re-reading brings everything back, so what was parked is
  -- dropped with it. Only one that never existed may start at $; it had nothing parked.
  local function create_group(stream_exists)
    local is_fresh = not stream_exists and call("EXISTS", stream) == 0
    if is_fresh then
      lost_payloads = lost_payloads + count_parked()
    end
    local from = more.start
    if from ~= "0" and call("EXISTS", state_key) == 1 then
      from = "0"
    end
    call("XGROUP", "CREATE", stream, group, from, "MKSTREAM")
    if from == "$" then
      from = named(call("XINFO", "STREAM", stream))["last-generated-id"]
    end
    for name in string.gmatch(is_fresh and more.declared or "", "[^\n]+") do
      try("XGROUP", "CREATE", stream, name, "0") -- as a send does that makes the stream
    end
    call("XGROUP", "CREATECONSUMER", stream, group, SUSPECTS) -- says that the group is of our making
    call("ZREMRANGEBYSCORE", parked_key, 0, "+inf") -- a pause stays
    call("DEL", crashes_key, due_key)
    call("HDEL", state_key, "marked", "orphans", "start")
    if lease ~= 60000 then
      call("HSETNX", state_key, "lease", lease) -- nobody holds anything yet by another
    end
    if more.start ~= "0" then
      call("HSET", state_key, "created", whole(now), "start", from)
    end
    created = 1
  end

  local function look_at_groups()
    local reply, missing = try("XINFO", "GROUPS", stream), false
    if reply.err then
      if call("EXISTS", stream) == 1 then
        return reply
      end
      reply, missing = {}, true
    end
    groups = {}
    for _, info in ipairs(reply) do
      local found = named(info)
      append(groups, found.name)
      all_settled = all_settled and found.pending == 0
      all_read_ms = math.min(all_read_ms, tonumber(string.match(found["last-delivered-id"], "^%d+")))
      if found.name == group then
        pending, unread, consumers = found.pending, found["entries-read"], found.consumers
        if consumers == 0 and found["last-delivered-id"] == "0-0" then -- by somebody else, maybe anew
          call("ZREMRANGEBYSCORE", parked_key, 0, "(" .. whole(NEVER))
          call("DEL", due_key)
        end
      end
    end
    if not pending then
      create_group(not missing)
      append(groups, group)
      pending, unread, consumers = 0, false, 1
    end
  end

  -- Its length, and how many unread entries must have been trimmed by someone else: added and not
  -- read, but not there. (max-deleted-entry-id does not tell: XTRIM leaves it alone.)
  local function look_at_stream()
    local info = named(call("XINFO", "STREAM", stream))
    length = info.length
    if info["first-entry"] then
      first_ms = tonumber(string.match(info["first-entry"][1], "^%d+"))
    end
    local added = info["entries-added"]
    trimmed_excess = unread and added and added - unread - length
    unread = trimmed_excess and trimmed_excess + length
  end

  local function read_owned()
    local reply = try("XPENDING", stream, group, "-", "+", 10000, token)
    if reply.err then
      if not string.find(reply.err, "NOGROUP", 1, true) then
        return reply
      end
      create_group()
      reply = {}
    end
    owned = reply
    for i = 1, #reply do -- a plain loop: this and what follows is done for each message of a turn
      local entry = reply[i]
      own[entry[1]] = entry
    end
  end

  local failed
  if survey > 0 then
    failed = look_at_groups()
    if not failed then
      look_at_stream()
      keep = #groups > 1 and 1 or keep
    end
  end
  if not failed and (pending or 1) > 0 then
    failed = read_owned()
  end
  if failed then
    return { "error", failed.err, commands }
  end
end

local owned_at_start = #owned
