-- Enters a session into its subject's index, if the limit lets it. Gives a verdict (0 it does not, 1 it does, 2 entries have to be
-- looked at first, 3 the index may lack some), whether it was there, entries of sessions that have to go, and some entries of
-- whatever subjects. ARGV: entry without its time, time, most or 0, 'oldest' or 'refuse', whether entries were looked at, how
-- many of them are of a session that has another, a number to choose entries by, how many have to go at most
local index, entry, most = KEYS[1], ARGV[1], tonumber(ARGV[3])
local known = redis.call('ZRANGEBYLEX', index, '[' .. entry, '[' .. entry .. '~')[1]
local victims = {}
if most > 0 then
  if not isComplete(index) then return { 3, 0, {}, {} } end
  local first = '[' .. string.sub(entry, 1, 22)
  local excess = redis.call('ZLEXCOUNT', index, first, first .. '~') - tonumber(ARGV[6]) + (known and 0 or 1) - most
  if excess > 0 and not known and ARGV[5] == '0' then return { 2, 0, {}, {} } end
  if excess > 0 and not known and ARGV[4] == 'refuse' then return { 0, 0, {}, {} } end
  if excess > 0 and ARGV[4] == 'oldest' then
    excess = math.min(excess, tonumber(ARGV[8]))
    for _, each in ipairs(redis.call('ZRANGEBYLEX', index, first, first .. '~', 'LIMIT', 0, excess + 1)) do
      if each ~= known and #victims < excess then victims[#victims + 1] = each end
    end
  end
end
if known then redis.call('ZREM', index, known) end
redis.call('ZADD', index, 0, entry .. ARGV[2])
local place = tonumber(ARGV[7]) % redis.call('ZCARD', index)
return { 1, known and 1 or 0, victims, redis.call('ZRANGE', index, place, place + 7) }
