-- Ids are compared as texts of digits: their numbers can be larger than a Lua number holds.

local function less(a, b)
  local a_ms, a_seq = string.match(a, "^(%d+)-(%d+)$")
  local b_ms, b_seq = string.match(b, "^(%d+)-(%d+)$")
  if a_ms == b_ms then
    a_ms, b_ms = a_seq, b_seq
  end
  return #a_ms < #b_ms or #a_ms == #b_ms and a_ms < b_ms
end
