-- Returns entries of a subject, in order; 0 if the index may be incomplete. ARGV: from, to, the most entries
local index = KEYS[1]
if not isComplete(index) then return 0 end
return redis.call('ZRANGEBYLEX', index, ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
