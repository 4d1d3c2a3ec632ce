-- Stores a session where none is live; one that is moving is, since it may come back. ARGV: now, time to live, field, value, ...
local key = KEYS[1]
local meta = redis.call('HGET', key, 'm')
if meta and tonumber(string.match(meta, '^%d+ (%d+)')) >= tonumber(ARGV[1]) then return 0 end
redis.call('DEL', key)
redis.call('HSET', key, unpack(ARGV, 3))
redis.call('PEXPIRE', key, ARGV[2])
return 1
