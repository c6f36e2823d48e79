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
    local colon = string.find(body, ":", at, true)
    local last = colon + tonumber(string.sub(body, at, colon - 1))
    fields[#fields + 1] = string.sub(body, colon + 1, last)
    at = last + 1
  end
  return fields
end
