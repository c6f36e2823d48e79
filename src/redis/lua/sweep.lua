-- The sweep: expired leases move to the suspects, from a cursor kept in Redis: as many as are handed out at
-- once, and no more while any of them waits.

local survey_again, sweeping = now + gate, 0
local changes = {} -- of the state hash
local agree_on_lease, delete_idle_consumers, sweep
do
  -- Functions may be deployed with different leases: each holds by its own, and the sweep waits for the
  -- largest. The default needs no record. A record is renewed once a day, and gives way to a shorter
  -- lease when it is three days old; what counted before counts on while others may say that they are there.
  function agree_on_lease(state)
    local stored, before = tonumber(state[4] or 60000), tonumber(state[11] or 60000)
    local age = now - tonumber(state[5] or "0")
    more.longest = math.max(lease, stored, age < 2 * before + 30000 and before or 0)
    if lease > stored or age > 3 * DAY and lease < stored or state[4] and age > DAY and lease == stored then
      append(changes, "lease", whole(lease), "lease_at", whole(now), "lease_before", whole(more.longest))
    end
  end

  -- Removes the consumers that dead passes left; never one that owns something or is not ours.
  function delete_idle_consumers()
    for _, flat in ipairs(call("XINFO", "CONSUMERS", stream, group)) do
      local consumer = named(flat)
      local name = consumer.name
      if consumer.pending == 0 and string.sub(name, 1, 3) == "xd:" and name ~= SUSPECTS
        and name ~= token then
        call("XGROUP", "DELCONSUMER", stream, group, name)
      end
    end
  end

  function sweep(state)
    local opens = tonumber(state[2] or "0")
    if now < opens and opens <= survey_again then -- a clock that went back opens the gate
      survey_again = opens
      return
    end
    local cursor = state[1] or "0-0"
    -- What somebody has trimmed is in front, and is told of whoever holds it.
    local gone = cursor ~= "0-0" and 0
      or #(call("XAUTOCLAIM", stream, group, SUSPECTS, whole(NEVER), cursor, "COUNT", 10, "JUSTID")[3] or {})
    local limited = more.max_in_flight > 0 -- what was swept counts no more: all of it, and not bit by bit
    local most = limited and 100 or suspect_batch
    local expired = call("XPENDING", stream, group, "IDLE", more.longest, cursor, "+", most + 1)
    local ids, moved = {}, {}
    if #expired > 0 and (limited or #call("XPENDING", stream, group, "-", "+", 1, SUSPECTS) == 0) then
      for i = 1, math.min(#expired, most) do
        ids[i] = expired[i][1]
      end
      ids[#ids + 1] = "JUSTID"
      moved = try("XCLAIM", stream, group, SUSPECTS, more.longest, unpack(ids))
      ids[#ids] = nil
    end
    if moved.err and is_pending_limit(moved) then -- the suspects have to go first
      pending_limit, sweeping = 1, 1
      return
    end
    reclaimed = #moved
    lost_payloads = lost_payloads + gone + #ids - reclaimed
    local first_left = (gone > 0 and { cursor } or expired[#ids + 1] or {})[1]
    local dirty = #ids + gone > 0 and "1" or state[3]
    if first_left then
      sweeping = 1
    elseif dirty == "1" then
      delete_idle_consumers()
      dirty = #ids > 0 and "1" -- one of what was found last may be left, our own for one: the next cycle looks again
    end
    append(changes, "cursor", first_left or "0-0", "next", whole(first_left and now or survey_again),
      "dirty", dirty or "0")
  end
end
