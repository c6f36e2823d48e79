-- The items of lists that served as queues: their old end, and which of them can be messages.

local FIRST_LIST = 3 -- in KEYS; each list is followed by the one where it sets items aside
local lists = (#KEYS - 2) / 2

local function name_of(l)
  return KEYS[FIRST_LIST + 2 * (l - 1)]
end

local function oldest_of(l, count)
  if oldest == "left" then
    return call("LRANGE", name_of(l), 0, count - 1)
  end
  local tail = call("LRANGE", name_of(l), -count, -1)
  local items = {}
  for place = #tail, 1, -1 do
    items[#items + 1] = tail[place]
  end
  return items
end

local function drop_oldest(l, count)
  if oldest == "left" then
    call("LTRIM", name_of(l), count, -1)
  else
    call("LTRIM", name_of(l), 0, -count - 1)
  end
end

local function set_aside(l, item)
  return try(oldest == "left" and "RPUSH" or "LPUSH", KEYS[FIRST_LIST + 2 * l - 1], item)
end

local function unfit(item)
  return #item > max_item and "size" or not is_text(item) and "utf8"
end

local function kind_of(key)
  local kind = call("TYPE", key)
  return type(kind) == "table" and kind.ok or kind
end

-- What is wrong with the keys, before anything is changed.
local function wrong_keys()
  local kind = kind_of(stream)
  if kind ~= "none" and kind ~= "stream" then
    return "WRONGTYPE key 0 holds a " .. kind
  end
  for l = 1, lists do
    local other = kind_of(name_of(l))
    if other ~= "none" and other ~= "list" then
      return string.format("WRONGTYPE key %d holds a %s", l, other)
    end
  end
  if start ~= "0" then
    for _, info in ipairs(kind == "stream" and call("XINFO", "GROUPS", stream) or {}) do
      if named(info).name == group then
        return ""
      end
    end
    return "NOGROUP yet"
  end
  return ""
end
