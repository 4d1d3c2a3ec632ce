-- Returns entries of a subject, in order, and whether the index is complete. ARGV: from, to, the most entries
local index = KEYS[1]
if not isComplete(index) then return 0 end
return redis.call('ZRANGEBYLEX', index, ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
