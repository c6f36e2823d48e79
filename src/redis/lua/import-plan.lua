-- What an import does next: which items it may copy, and which come after those. Nothing is written.

-- The record of the import's latest slice; an older one is not asked for again.
local recorded, before, before_text = string.match(call("GET", sent_key) or "", "^(%d+)\n(.-)\n(.*)$")
if tonumber(recorded) ~= slice then
  before = nil
end
if before then -- done by an earlier attempt: only the items that come next are not known
  may_move, may_set_aside = 0, 0
elseif check == 1 then
  local wrong = wrong_keys()
  if wrong ~= "" then
    return { "partial", commands, "|", wrong, {}, 1, 0 }
  end
end

local known = {}
local next_known, number = list_at, 0
while next_known <= #ARGV do
  local width = tonumber(ARGV[next_known + 2])
  known[ARGV[next_known]] = {
    number = number,
    own = tonumber(ARGV[next_known + 1]),
    first = next_known + 3,
    last = next_known + 2 + width,
  }
  next_known = next_known + 3 + width
  number = number + 1
end

-- For each list its items that go, as { item, row of the known } or { item, reason = … }.
local plan, planned = {}, 0
local shown, shown_bytes, left, at = {}, 0, 0, lists + 1

local function step_for(item)
  local row = known[item]
  local reason = not row and unfit(item) or row and row.last < row.first and row.number
  if reason and may_set_aside > 0 then
    may_set_aside = may_set_aside - 1
    return { item = item, reason = reason }
  end
  if row and not reason and may_move > 0 then
    may_move = may_move - 1
    return { item = item, row = row }
  end
end

local function can_show(item)
  local fits = #shown == 0 or shown_bytes + #item <= show_bytes
  return #shown < show and fits and not unfit(item)
end

for l = 1, lists do
  plan[l] = {}
  local wanted = left == 1 and 0 or math.max(1, expected - planned) + show - #shown
  local items = wanted > 0 and oldest_of(l, wanted) or {}
  local looked = 0
  for _, item in ipairs(items) do
    local step = #shown == 0 and step_for(item)
    if step then
      append(plan[l], step)
      planned = planned + 1
    elseif can_show(item) then
      shown[#shown + 1] = item
      shown_bytes = shown_bytes + #item
    else
      break
    end
    looked = looked + 1
  end
  if looked < #items or wanted > 0 and #items == wanted then
    left = 1
  end
  if #plan[l] < #items or left == 1 then
    at = math.min(at, l)
  end
end
if #shown > 0 then
  left = 1
end
