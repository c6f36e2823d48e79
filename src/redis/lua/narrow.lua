-- The fields as one command can move them: too many to unpack become one field of length-prefixed
-- values, which the message codec reads. The key stays beside it, for whoever looks for that alone.
local function narrow(fields)
  if #fields <= 780 then
    return fields
  end
  local parts = {}
  for i, value in ipairs(fields) do
    parts[i] = #value .. ":" .. value
  end
  local narrowed, key = { "xd:raw", table.concat(parts) }, key_of(fields)
  if key ~= "" then
    append(narrowed, key_field, key)
  end
  return narrowed
end
