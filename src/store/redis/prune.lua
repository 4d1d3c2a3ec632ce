-- Drops entries of an index that are still as they were seen. ARGV: entry, its value, ...
local index, dropped = KEYS[1], 0
for i = 1, #ARGV, 2 do
  if redis.call('HGET', index, ARGV[i]) == ARGV[i + 1] then dropped = dropped + redis.call('HDEL', index, ARGV[i]) end
end
return dropped
