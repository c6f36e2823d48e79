-- What an entry holds: its key, and the fields of a message that waits beside the stream.

local function key_of(fields)
  for i = 1, #fields, 2 do
    if fields[i] == key_field then
      return fields[i + 1]
    end
  end
  return ""
end

-- The fields in a body as send-checked.lua writes it: the due time, and each behind its length.
local function fields_of(body)
  local fields = {}
  local at = string.find(body, ";", 1, true) + 1
  while at <= #body do
    local length = string.match(body, "^(%d+):", at)
    local first = at + #length + 1
    at = first + tonumber(length)
    fields[#fields + 1] = string.sub(body, first, at - 1)
  end
  return fields
end
