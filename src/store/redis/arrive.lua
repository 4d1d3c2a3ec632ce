-- Ends the arrival of a session: it does not depend any more on where it came from. ARGV: that
if redis.call('HGET', KEYS[1], 'f') ~= ARGV[1] then return 0 end
return redis.call('HDEL', KEYS[1], 'f')
