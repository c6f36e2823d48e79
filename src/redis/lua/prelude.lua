-- What every script starts with: counted calls, whole numbers, and lists cut so that they fit.

local tonumber, ipairs, unpack, floor = tonumber, ipairs, unpack, math.floor
local commands = 1 -- the call of the script itself

local function call(...)
  commands = commands + 1
  return redis.call(...)
end

-- Like call, but an error comes back as a table with `err` instead of ending the script.
local function try(...)
  commands = commands + 1
  return redis.pcall(...)
end

-- Some servers limit how many pending entries a consumer has. Any other error ends the script.
local function is_pending_limit(reply)
  if not string.find(reply.err, "[Ll]imit") then
    error(reply.err)
  end
  return true
end

-- A number as Redis wants it: tostring() would write large ones as 1.7e+15.
local function whole(number)
  return string.format("%.0f", number)
end

local function append(list, ...)
  for _, value in ipairs({ ... }) do
    list[#list + 1] = value
  end
end

-- Calls `before, list, after` in slices, and returns the replies. Servers differ in how many values
-- they unpack at once: 800 fits all of them, and is even, so that pairs stay together.
local function call_in_slices(before, list, after)
  if #list > 0 and #list <= 800 and not after and #before == 2 then -- most often: nothing to copy
    return { call(before[1], before[2], unpack(list)) }
  end
  local replies = {}
  for first = 1, #list, 800 do
    local arguments = { unpack(before) }
    local width = #arguments + 1 - first
    for i = first, math.min(first + 799, #list) do
      arguments[width + i] = list[i]
    end
    if after then
      append(arguments, unpack(after))
    end
    replies[#replies + 1] = call(unpack(arguments))
  end
  return replies
end

-- The same for questions with one answer a value: the answers in one list.
local function ask_in_slices(before, list)
  local answers = {}
  for _, reply in ipairs(call_in_slices(before, list)) do
    for i = 1, #reply do
      answers[#answers + 1] = reply[i]
    end
  end
  return answers
end

-- A flat reply of names and values as a table.
local function named(flat)
  local result = {}
  for i = 1, #flat, 2 do
    result[flat[i]] = flat[i + 1]
  end
  return result
end

local function server_time()
  local time = call("TIME")
  return tonumber(time[1]) * 1000 + floor(tonumber(time[2]) / 1000)
end
