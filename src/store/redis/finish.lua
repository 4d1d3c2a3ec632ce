-- Ends a move: nothing stays but where the session went. It does the same if it is done twice. ARGV: token, time to live
local key = KEYS[1]
local meta, moved = unpack(redis.call('HMGET', key, 'm', 'x'))
if moved ~= ARGV[1] then return 0 end
if meta then
  redis.call('DEL', key)
  redis.call('HSET', key, 'x', moved)
end
redis.call('PEXPIRE', key, ARGV[2])
return 1
