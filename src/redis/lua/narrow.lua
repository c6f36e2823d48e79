-- The fields as one command can move them: too many to unpack become one field of length-prefixed
-- values, which the message codec reads.
local function narrow(fields)
  if #fields <= 780 then
    return fields
  end
  local parts = {}
  for i, value in ipairs(fields) do
    parts[i] = #value .. ":" .. value
  end
  return { "xd:raw", table.concat(parts) }
end
