-- Notes until when a session's entry in its subject's index is sure to stay. ARGV: subject, until
if redis.call('HGET', KEYS[1], 's') ~= ARGV[1] then return 0 end
return redis.call('HSET', KEYS[1], 'u', ARGV[2])
