-- Ends a move: leaves only the session's new place, for its remaining TTL or the given one. Idempotent. ARGV: the new hash, TTL or ''
local key = KEYS[1]
local meta, moved = unpack(redis.call('HMGET', key, 'm', 'x'))
if moved ~= ARGV[1] then return 0 end
if meta then
  local left = redis.call('PTTL', key)
  redis.call('DEL', key)
  redis.call('HSET', key, 'x', moved)
  redis.call('PEXPIRE', key, left)
end
if ARGV[2] ~= '' then redis.call('PEXPIRE', key, ARGV[2]) end
return 1
