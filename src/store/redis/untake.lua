-- Takes the mark of a move off (1), unless the session has moved (2), or the mark is of another move (0). ARGV: the new hash
local meta, moved = unpack(redis.call('HMGET', KEYS[1], 'm', 'x'))
if moved ~= ARGV[1] then return 0 end
if not meta then return 2 end
redis.call('HDEL', KEYS[1], 'x', 'y')
return 1
