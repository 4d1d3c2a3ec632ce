-- Stores a session, unless the key has a live one; a moving one is live, since its move may fail. Returns whether it stored it,
-- or may have before. ARGV: now, TTL, '1' if this command may have been executed before, field m, value, ..., field d, value
local key = KEYS[1]
local meta, data, moved = unpack(redis.call('HMGET', key, 'm', 'd', 'x'))
if meta and tonumber(string.match(meta, '^%d+ (%d+)')) >= tonumber(ARGV[1]) then
  return ARGV[3] == '1' and meta == ARGV[5] and data == ARGV[#ARGV] and 1 or 0
end
if meta or moved then
  -- A full server refuses only a script's first write. So this is one that it refuses.
  redis.call('HSET', key, 'm', '')
  redis.call('DEL', key)
end
redis.call('HSET', key, unpack(ARGV, 4))
redis.call('PEXPIRE', key, ARGV[2])
return 1
