-- The sweep: expired leases move to the suspects, a slice at a time from a cursor kept in Redis.

local survey_again, sweeping = 0, 0
local changes = {} -- of the state hash
local agree_on_lease, delete_idle_consumers, sweep
do
  local sweep_lease

  -- Functions may be deployed with different leases: each holds by its own, and the sweep waits for the
  -- largest. The default needs no record. A record is renewed once a day, and gives way to a shorter
  -- lease when it is three days old; what counted before counts on while others may say that they are there.
  function agree_on_lease(state)
    local stored, before = tonumber(state[4] or 60000), tonumber(state[11] or 60000)
    local age = now - tonumber(state[5] or "0")
    sweep_lease = math.max(lease, stored, age < 2 * before + 30000 and before or 0)
    if lease > stored or age > 3 * DAY and lease < stored or state[4] and age > DAY and lease == stored then
      append(changes, "lease", whole(lease), "lease_at", whole(now), "lease_before", whole(sweep_lease))
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

  -- Whether it was ours, so that our consumer may be left behind: the next sweep sees to that.
  local function has_own(ids)
    for _, id in ipairs(ids) do
      if own[id] then
        return true
      end
    end
    return false
  end

  function sweep(state)
    local opens = tonumber(state[2] or "0")
    survey_again = opens
    if now < opens and opens <= now + gate then -- a clock that went back opens the gate
      return
    end
    local reply = try("XAUTOCLAIM", stream, group, SUSPECTS, sweep_lease, state[1] or "0-0",
      "COUNT", 10, "JUSTID")
    if reply.err and is_pending_limit(reply) then -- the suspects have to go first
      pending_limit = 1
      survey_again = now + gate
      return
    end
    reclaimed = #reply[2]
    local gone = #(reply[3] or {})
    lost_payloads = lost_payloads + gone
    local finished = reply[1] == "0-0"
    local dirty = reclaimed + gone > 0 or state[3] == "1"
    if finished and dirty then
      delete_idle_consumers()
      dirty = has_own(reply[2]) or has_own(reply[3] or {})
    end
    sweeping = finished and 0 or 1
    survey_again = now + (finished and gate or 50)
    append(changes, "cursor", reply[1], "next", whole(survey_again), "dirty", dirty and "1" or "0")
  end
end
