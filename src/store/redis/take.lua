-- Marks a live session as moving to another id, and gives it. ARGV: now, token, time to live
local key = KEYS[1]
local meta, moved = unpack(redis.call('HMGET', key, 'm', 'x'))
if not meta or moved or tonumber(string.match(meta, '^%d+ (%d+)')) < tonumber(ARGV[1]) then return 0 end
local fields = redis.call('HGETALL', key)
redis.call('HSET', key, 'x', ARGV[2])
redis.call('PEXPIRE', key, ARGV[3])
return fields
