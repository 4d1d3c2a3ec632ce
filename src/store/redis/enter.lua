-- Enters sessions that an index lacks. ARGV: time, entry without its time, ...
-- A full server refuses only a script's first write. So this is one that it allows: otherwise logouts would fail.
redis.call('ZREM', KEYS[1], '')
for i = 2, #ARGV do
  local entry = '[' .. ARGV[i]
  if #redis.call('ZRANGEBYLEX', KEYS[1], entry, entry .. '~', 'LIMIT', 0, 1) == 0 then
    redis.call('ZADD', KEYS[1], 0, ARGV[i] .. ARGV[1])
  end
end
return 1
