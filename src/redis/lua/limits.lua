-- Limits over all functions of the queue, decided in the claim: how many messages are worked on at
-- once, how many begin in a length of time, and how many passes there are. Suspects are not worked on,
-- and do not count.

local held_back = 0 -- why less is claimed than there may be: 1 paused, 2 rate, 3 in flight, 4 passes
local limit_claim, count_starts, renew_pass, leave
do
  -- Which turn of which pass was the last that left it with nothing, so that a copy of that or of an older
  -- one is known. Kept only where what is claimed for nobody would be dead without having run.
  local is_kept = more.number > 0 and (more.on_crash == "dead" or more.max_deliveries == 1)
  more.ended_field = "ended:" .. string.sub(token, 4, 4)

  local width = more.rate_per / 100 -- of a bucket of starts; so exact a rate is, and never too generous

  local function limit_in_flight()
    local summary = call("XPENDING", stream, group)
    local in_flight = summary[1]
    for _, consumer in ipairs(summary[4] or {}) do
      if consumer[1] == SUSPECTS then
        in_flight = in_flight - tonumber(consumer[2])
      end
    end
    if in_flight + claim > more.max_in_flight then
      held_back = 3
      claim = math.max(0, more.max_in_flight - in_flight)
    end
  end

  -- A bucket counts as long as any part of it is inside of the time. One of the future is from before
  -- the clock went back: a queue does not stand still until it is caught up with.
  local function limit_rate()
    local begun, first, over = 0, nil, {}
    local flat = call("HGETALL", more.starts_key)
    for i = 1, #flat, 2 do
      local bucket = tonumber(flat[i])
      if (bucket + 1) * width + more.rate_per <= now or bucket > floor(now / width) then
        over[#over + 1] = flat[i]
      else
        begun = begun + tonumber(flat[i + 1])
        first = math.min(first or bucket, bucket)
      end
    end
    call_in_slices({ "HDEL", more.starts_key }, over)
    if begun + claim > more.rate_limit then
      held_back = 2
      claim = math.max(0, more.rate_limit - begun)
      if claim == 0 then
        next_due = math.ceil((first + 1) * width + more.rate_per) -- whatever is due: nothing begins before
      end
    end
  end

  -- A pass that is under way has a lease, which each of its turns renews and which ends by itself. One that
  -- ends far in the future is from before the clock went back, of a pass that is over.
  local function limit_passes()
    local under_way = call("ZRANGE", more.passes_key, "(" .. whole(now), whole(now + (more.longest or lease) * 2), "BYSCORE")
    local others = #under_way
    for _, pass in ipairs(under_way) do
      if pass == more.pass then
        others = others - 1
      end
    end
    if others >= more.max_passes then
      held_back, claim = 4, 0
      return
    end
    call("ZADD", more.passes_key, whole(now + lease), more.pass)
    if survey > 0 then
      call("ZREMRANGEBYSCORE", more.passes_key, "-inf", whole(now))
      call("PEXPIRE", more.passes_key, whole(lease + DAY))
    end
  end

  -- With a long handler in hand it claims nothing for a while; or it gets what it has claimed already. One
  -- whose lease ran out meanwhile is under way all the same.
  function renew_pass()
    if more.max_passes > 0 and (claim == 0 and next(still_held) or kind == "replayed") then
      call("ZADD", more.passes_key, whole(now + lease), more.pass)
    end
  end

  function leave()
    if more.max_passes > 0 and more.leaving == 1 and held_back ~= 4 then
      call("ZREM", more.passes_key, more.pass)
    end
    if is_kept then
      append(changes, more.ended_field, token .. "/" .. more.number)
    end
  end

  local function is_over()
    if not is_kept or owned_at_start > 0 then
      return false
    end
    local ended = survey > 0 and more.last or survey == 0 and call("HGET", state_key, more.ended_field)
    local of, number = string.match(ended or "", "^(.*)/(%d+)$")
    return of == token and tonumber(number) >= more.number
  end

  function limit_claim()
    if is_over() then
      claim = 0
    end
    if claim > 0 and more.max_passes > 0 then limit_passes() end
    if claim == 0 then return end
    if more.max_in_flight > 0 then limit_in_flight() end
    if more.rate_limit > 0 and claim > 0 then limit_rate() end
  end

  function count_starts()
    if more.rate_limit > 0 and #messages > 0 and kind ~= "replayed" then
      call("HINCRBY", more.starts_key, whole(floor(now / width)), #messages)
      call("PEXPIRE", more.starts_key, whole(2 * more.rate_per))
    end
  end
end
