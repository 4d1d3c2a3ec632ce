-- Marks an index that may lack some sessions, before all are looked at. Gives whether it is known to have all. ARGV: token
local complete, mark = isComplete(KEYS[1])
if complete then return 1 end
-- Behind this, a full server lets the next pass: without the mark nobody can be logged out.
redis.call('ZREM', KEYS[1], '')
redis.call('ZADD', KEYS[1], 0, '?' .. ARGV[1] .. mark)
return 0
