-- Adds an entry. Where that would make the stream, the groups that the queue declares (their names, one a line)
-- are made first: then no trim takes the entry before all of them have done it.
local function add(...)
  if declared == "" then
    return try("XADD", stream, "*", ...)
  end
  local id = try("XADD", stream, "NOMKSTREAM", "*", ...)
  if id then
    return id
  end
  for name in string.gmatch(declared, "[^\n]+") do
    call("XGROUP", "CREATE", stream, name, "0", "MKSTREAM")
  end
  return try("XADD", stream, "*", ...)
end
