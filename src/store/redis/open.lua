-- Marks an index that may lack some sessions, before all are looked at. Gives whether it is known to have all. ARGV: token
local complete, mark = isComplete(KEYS[1])
if complete then return 1 end
redis.call('ZADD', KEYS[1], 0, '?' .. ARGV[1] .. mark)
return 0
