-- New messages: read with XREADGROUP, as many as fit.

local claim_new
do
  -- Before 7.2 a consumer is made by its first message, since then by its first read.
  local reading_makes = (redis.REDIS_VERSION_NUM or 0x00080000) >= 0x00070200

  function claim_new(want, half)
    take_fitting(want, want, function(first, last)
      local reply = try("XREADGROUP", "GROUP", group, token, "COUNT", last - first + 1, "STREAMS", stream, ">")
      made = made or reading_makes
      if reply and reply.err and is_pending_limit(reply) then
        pending_limit = 1
      elseif reply then
        made = true
        local entries = reply[1][2] or reply[2] -- the second where a server flattens the reply
        given = given + #entries
        if #messages == 0 then
          messages = entries
        else
          append(messages, unpack(entries))
        end
      end
    end, half)
  end
end
