-- Lets passes claim nothing, or claim again, once: a copy that comes after the other does not undo it. The mark
-- is below every due time, so whoever looks for due messages comes upon it first. The statistics say it too,
-- for those who look; what goes wrong with those is not told.

if call("SET", sent_key, 1, "NX", "PX", whole(remember)) then
  if paused == 1 then
    call("ZADD", parked_key, -1, "xd:paused")
    try("HSET", stats_key, "paused", 1)
  else
    call("ZREM", parked_key, "xd:paused")
    try("HDEL", stats_key, "paused")
  end
end
return { "ok", commands }
