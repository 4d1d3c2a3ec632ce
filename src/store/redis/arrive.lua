-- Ends the arrival of a session, which no longer depends on the old one. ARGV: the old hash
if redis.call('HGET', KEYS[1], 'f') ~= ARGV[1] then return 0 end
return redis.call('HDEL', KEYS[1], 'f')
