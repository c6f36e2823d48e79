-- Moves the oldest items of lists into the stream, those whose fields the caller knows, and shows the
-- ones behind them. An item goes only if it is still there, byte for byte, so this can be sent again,
-- and other workers may take items meanwhile. Those that cannot be messages are set aside.
-- KEYS behind the named ones: for each list its name, and where it sets items aside.
-- ARGV behind the named ones: for each known item its text, which of its fields is that text (0 for
-- none), how many fields and values it has (0 to set it aside), then those.
-- Reply: what was done ("moved … per list|list:reason:bytes of what was set aside"), an error text,
-- the items shown, whether some are left, how many lists are done. O(items).

local text = ""

local function copy(l, step)
  if step.reason then
    return set_aside(l, step.item)
  end
  local fields = { unpack(ARGV, step.row.first, step.row.last) }
  if step.row.own > 0 then
    fields[step.row.own] = step.item
  end
  return add(unpack(fields))
end

-- Remembers what the plan does, for the next attempt of the same slice.
local function record()
  local moved, aside = {}, {}
  for l = 1, lists do
    moved[l] = 0
    for _, step in ipairs(plan[l]) do
      if step.reason then
        aside[#aside + 1] = string.format("%d:%s:%d", l - 1, step.reason, #step.item)
      else
        moved[l] = moved[l] + 1
      end
    end
  end
  local done = table.concat(moved, " ") .. "|" .. table.concat(aside, " ")
  call("SET", sent_key, table.concat({ slice, done, text }, "\n"), "PX", whole(remember))
  return done
end

-- What failed is not done, and nothing behind it.
local function cut_plan(l, step)
  for i = #plan[l], step, -1 do
    plan[l][i] = nil
  end
  for later = l + 1, lists do
    plan[later] = {}
  end
  shown, left, at = {}, 1, l
end

local function move_from(l)
  drop_oldest(l, 0) -- drops nothing: whoever may not trim must not get as far as copying
  for i, step in ipairs(plan[l]) do
    local reply = copy(l, step)
    if type(reply) == "table" and reply.err then
      text = reply.err
      cut_plan(l, i)
      break
    end
  end
  if #plan[l] > 0 then
    drop_oldest(l, #plan[l])
  end
end

local done = before or "|"
if planned > 0 then
  done = record() -- before all else: a server that is full refuses it
  for l = 1, lists do
    if #plan[l] > 0 then
      move_from(l)
    end
  end
  if text ~= "" then
    done = record()
  end
end
if before then
  text = before_text
end
return { text == "" and "ok" or "partial", commands, done, text, shown, left, at - 1 }
