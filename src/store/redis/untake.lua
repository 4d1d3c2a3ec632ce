-- Takes the mark off again. ARGV: now, token
local key = KEYS[1]
local meta, moved = unpack(redis.call('HMGET', key, 'm', 'x'))
if not meta or moved ~= ARGV[2] then return 0 end
redis.call('HDEL', key, 'x')
local left = tonumber(string.match(meta, '^%d+ (%d+)')) - tonumber(ARGV[1]) + 10000
redis.call('PEXPIRE', key, string.format('%.0f', math.min(left, 4e15)))
return 1
