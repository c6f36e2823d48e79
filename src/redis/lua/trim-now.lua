-- The trim that somebody asks for: a slice of what is below the floor and need not be kept. Whole nodes of
-- the stream go first, by a command that bounds its work; then, unless that is enough, the entries of the
-- node that remains. No promise rests on that bound: some servers know none. Reply: how many went, whether
-- more may go, how many are left, and what holds them: the reason, its group, and from which id on;
-- "undeclared" with the names of all groups, where ARGV lacks one.

local FEW = 1000 -- entries that a trim by count reads in one call

local stuck, who = find_floor()
if stuck == "undeclared" then
  for i, flat in ipairs(groups) do
    groups[i] = named(flat).name
  end
  return { stuck, commands, groups }
end
local removed, goes_on, left = 0, 0, call("XLEN", stream)
if stuck then
  local why = stuck == "orphans" and stuck or left > 0 and "unread" or ""
  return { "ok", commands, 0, 0, left, why, who, "" }
end

local how, bound, excess = "MINID", nil, left
if keep == "MINID" then
  hold(whole(math.max(1, now - keep_value)) .. "-0")
elseif keep == "MAXLEN" then
  -- Where no more entries are to be done than to be kept, the count is the bound, else the floor is.
  excess = left - keep_value
  local most = math.min(FEW, keep_value + 1)
  if #call("XRANGE", stream, floor, "+", "COUNT", most) < most then
    how, bound = "MAXLEN", whole(keep_value)
  end
end
if excess > 0 and #call("XRANGE", stream, "-", "(" .. floor, "COUNT", 1) > 0 then
  if state[2] ~= "1" and is_undecided(groups, state) then
    return { "ok", commands, 0, 0, left, "orphans", group, "" }
  end
  mark_own()
  if excess < left and how == "MINID" and keep_value >= FEW then -- too many to find which bound is nearer
    local oldest = call("XRANGE", stream, "-", "(" .. floor, "COUNT", math.min(FEW, excess))
    removed = call("XTRIM", stream, how, after(oldest[#oldest][1]))
    goes_on = #oldest == FEW and 1 or 0
  else
    local slice = 10000 -- entries that go in one call; where that is not all, as much work as finding them
    if left > slice then
      for i = 5, #KEYS, 3 do
        slice = slice + call("ZCARD", KEYS[i])
      end
    end
    bound = bound or floor
    removed = call("XTRIM", stream, how, "~", bound, "LIMIT", slice)
    if removed * 2 >= slice then
      goes_on = 1
    elseif approximate == 0 then
      removed = removed + call("XTRIM", stream, how, bound)
    end
  end
end
left = left - removed
if left == 0 then
  return { "ok", commands, removed, 0, 0, "", "", "" }
end
if how == "MAXLEN" or excess <= removed then
  return { "ok", commands, removed, goes_on, left, "keep", "", "" }
end
local why = "keep"
if type(holder) == "string" then
  why, who = "parked", holder
elseif holder then
  why, who = holder.pending > 0 and "inFlight" or "unread", holder.name
end
return { "ok", commands, removed, goes_on, left, why, who or "", floor }
