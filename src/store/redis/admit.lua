-- Enters a session into its subject's index, if the limit allows it. Returns a verdict (0 refused, 1 entered, 2 the entries must
-- be checked first, 3 the index may be incomplete), whether it was there, entries of sessions to be removed, and some entries of the
-- set, of any subject. ARGV: entry without its time, time, limit or 0, 'oldest' or 'refuse', '1' if the entries were checked, the most
-- sessions to remove, a number that selects those entries, names of pairs of entries that are of one session, ...
local index, entry, most = KEYS[1], ARGV[1], tonumber(ARGV[3])
local known = redis.call('ZRANGEBYLEX', index, '[' .. entry, '[' .. entry .. '~')[1]
local victims = {}
if most > 0 then
  if not isComplete(index) then return { 3, 0, {}, {} } end
  local first = '[' .. string.sub(entry, 1, 22)
  local excess = redis.call('ZLEXCOUNT', index, first, first .. '~') + (known and 0 or 1) - most
  local twins, pairs = {}, 0
  local function has (name) return redis.call('ZLEXCOUNT', index, '[' .. name, '[' .. name .. '~') > 0 end
  for i = 8, #ARGV, 2 do
    if has(ARGV[i]) and has(ARGV[i + 1]) then
      twins[ARGV[i]], twins[ARGV[i + 1]], pairs = ARGV[i + 1], ARGV[i], pairs + 1
    end
  end
  excess = excess - pairs
  if excess > 0 and not known and ARGV[5] == '0' then return { 2, 0, {}, {} } end
  if excess > 0 and not known and ARGV[4] == 'refuse' then return { 0, 0, {}, {} } end
  if excess > 0 and ARGV[4] == 'oldest' then
    local left, gone = math.min(excess, tonumber(ARGV[6])), {}
    for _, each in ipairs(redis.call('ZRANGEBYLEX', index, first, first .. '~', 'LIMIT', 0, left + pairs + 1)) do
      local name = string.sub(each, 1, #entry)
      local isTwin = gone[twins[name] or '']
      if each ~= known and (isTwin or left > 0) then
        victims[#victims + 1], gone[name] = each, true
        left = left - (isTwin and 0 or 1)
      end
    end
  end
end
-- A full server refuses only a script's first write. So this is one that it refuses.
redis.call('ZADD', index, 0, entry .. ARGV[2])
if known and known ~= entry .. ARGV[2] then redis.call('ZREM', index, known) end
local place = tonumber(ARGV[7]) % redis.call('ZCARD', index)
return { 1, known and 1 or 0, victims, redis.call('ZRANGE', index, place, place + 7) }
