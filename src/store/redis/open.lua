-- Marks an index that may be incomplete, before all sessions are scanned. Returns whether it is known to be complete. ARGV: token
local complete, mark = isComplete(KEYS[1])
if complete then return 1 end
-- A full server refuses only a script's first write. So this is one that it allows: otherwise logouts would fail.
redis.call('ZREM', KEYS[1], '')
redis.call('ZADD', KEYS[1], 0, '?' .. ARGV[1] .. mark)
return 0
