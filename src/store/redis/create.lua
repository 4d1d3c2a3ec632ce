-- Stores a session where none is live; one that is moving is, since it may come back. ARGV: now, time to live, field, value, ...
local key = KEYS[1]
local meta = redis.call('HGET', key, 'm')
if meta and tonumber(string.match(meta, '^%d+ (%d+)')) >= tonumber(ARGV[1]) then return 0 end
redis.call('DEL', key)
for i = 3, #ARGV, 4000 do redis.call('HSET', key, unpack(ARGV, i, math.min(i + 3999, #ARGV))) end
redis.call('PEXPIRE', key, ARGV[2])
return 1
