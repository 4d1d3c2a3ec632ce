-- Enters a session into its subject's index, if the limit lets it. Gives a verdict (0 it does not, 1 it does, 2 entries have to be
-- looked at first, 3 the index may lack some), whether it was there, entries of sessions that have to go, and some entries of
-- whatever subjects. ARGV: entry without its time, time, most or 0, 'oldest' or 'refuse', whether entries were looked at, how many
-- have to go at most, a number to choose entries by, names of two entries that are of one session, ...
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
-- First what a full server refuses: behind anything else that is written, it would let this pass.
redis.call('ZADD', index, 0, entry .. ARGV[2])
if known and known ~= entry .. ARGV[2] then redis.call('ZREM', index, known) end
local place = tonumber(ARGV[7]) % redis.call('ZCARD', index)
return { 1, known and 1 or 0, victims, redis.call('ZRANGE', index, place, place + 7) }
