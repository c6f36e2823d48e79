-- How far the group has read; nil if there is none in this reply of XINFO GROUPS.
local function position_in(groups)
  for _, flat in ipairs(groups) do
    local info = named(flat)
    if info.name == group then
      return info["last-delivered-id"]
    end
  end
end
