-- Gives entries of a subject, in their order, and whether the index has all. ARGV: from, to, how many at most
local index = KEYS[1]
if not isComplete(index) then return 0 end
return redis.call('ZRANGEBYLEX', index, ARGV[1], ARGV[2], 'LIMIT', 0, ARGV[3])
