-- Notes that an index is complete, if it still has the mark from before the sessions were scanned. ARGV: token
local index, _, mark = KEYS[1], isComplete(KEYS[1])
if not redis.call('ZSCORE', index, '?' .. ARGV[1] .. mark) then return 0 end
redis.call('ZREMRANGEBYLEX', index, '[!', '("')
redis.call('ZREMRANGEBYLEX', index, '[?', '(@')
return redis.call('ZADD', index, 0, mark)
