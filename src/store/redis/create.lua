-- Stores a session where none is live; one that is moving is, since it may come back. Gives whether it did, or may have before.
-- ARGV: now, time to live, '1' if the same may have been stored before, field m, value, ..., field d, value
local key = KEYS[1]
local meta, data, moved = unpack(redis.call('HMGET', key, 'm', 'd', 'x'))
if meta and tonumber(string.match(meta, '^%d+ (%d+)')) >= tonumber(ARGV[1]) then
  return ARGV[3] == '1' and meta == ARGV[5] and data == ARGV[#ARGV] and 1 or 0
end
if meta or moved then
  -- A full server refuses what it can before a script has written anything, and lets the rest pass.
  redis.call('HSET', key, 'm', '')
  redis.call('DEL', key)
end
redis.call('HSET', key, unpack(ARGV, 4))
redis.call('PEXPIRE', key, ARGV[2])
return 1
