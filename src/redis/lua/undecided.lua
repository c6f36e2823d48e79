-- Whether entries that the group has read, and that are neither pending nor parked, may be messages of ours that the
-- loss of keys hides: nothing proves that they are done. `groups` as XINFO describes them; `state` begins with
-- "shared", "marked", "kept". (A group that somebody else has made has not our permanent consumer yet.)
local function is_undecided(groups, state)
  if state[2] == "1" then -- then the marker says it
    return not call("ZSCORE", parked_key, MARKER)
  end
  if #groups > 1 or shared == 1 or retain ~= "" or state[1] == "1" or state[3] == "1" then
    return false
  end
  local ours = false
  for _, flat in ipairs(call("XINFO", "CONSUMERS", stream, group)) do
    local name = named(flat).name
    if string.sub(name, 1, 3) ~= "xd:" then -- it acknowledges, and does not delete
      return false
    end
    ours = ours or name == "xd:suspects"
  end
  return ours
end
