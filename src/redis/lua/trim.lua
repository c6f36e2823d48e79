-- The trim at the end of a pass: removes completed entries below the floor, as the queue's retention lets
-- them go. Reply: what was found ("ok", "undeclared" or "orphans", see find_floor()), how many went, and
-- whether more may go. Where it takes long, the next one waits a thousand times as long.

local SLICE = 1000 -- entries that a retention by count looks at in one call

local stuck, who = "ok", group
if now >= tonumber(state[4] or "0") then
  stuck, who = find_floor()
  if not stuck and state[2] ~= "1" and is_undecided(groups, state) then
    stuck, who = "orphans", group
  end
end
if stuck then
  return { stuck, commands, 0, 0, who or "" }
end
mark_own()

if retain == "MINID" then
  hold(whole(math.max(0, now - retain_value)) .. "-0")
elseif retain == "MAXLEN" then
  -- The oldest beyond the count, as far as the floor allows; a bounded slice a call.
  local excess = math.min(SLICE, call("XLEN", stream) - retain_value)
  local oldest = excess > 0 and call("XRANGE", stream, "-", "(" .. floor, "COUNT", excess) or {}
  floor = #oldest > 0 and after(oldest[#oldest][1])
end
local removed = floor and call("XTRIM", stream, "MINID", floor) or 0
local took = server_time() - now
if took > 5 and removed < SLICE then
  call("HSET", state_key, "trim_next", whole(now + took * 1000))
end
return { "ok", commands, removed, removed == SLICE and 1 or 0 }
