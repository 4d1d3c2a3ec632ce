-- Merges keys into a live session, and moves its expiry. Gives its field m, and beside it what others have to hear of.
-- Of one that is arriving, it tells where from. ARGV: now, base, ttl, age or '', '=subject' or '-' or '', '=label' or '', number of
-- keys set, key, json, ..., key deleted, ...
local key, now, find, sub = KEYS[1], tonumber(ARGV[1]), string.find, string.sub
local meta, moving, last, from, subject, data = unpack(redis.call('HMGET', key, 'm', 'x', 'y', 'f', 's', ARGV[8] and 'd' or 'm'))
if not meta or moving and tonumber(last) >= now then return 0 end
local rev, expire, age, created = string.match(meta, '^(%d+) (%d+) (%S+) (%d+)')
if tonumber(expire) < now then return 0 end
if from then return { from } end
if moving then redis.call('HDEL', key, 'x', 'y') end
if ARGV[4] ~= '' then age = ARGV[4] end
expire = math.min(now + tonumber(age == 'session' and ARGV[3] or age), 2 ^ 53)
local fields, conflicts = { 'm', '' }, {}
if ARGV[8] then
  rev = string.format('%.0f', rev + 1)
  local base, deleted = tonumber(ARGV[2]), 8 + 2 * ARGV[7]
  -- Each text of Lua's costs by its length, so data are put together once where keys come in their order.
  local parts, added, place, i = {}, '', 1, 8
  while ARGV[i] do
    local isSet, name = i < deleted, '\30' .. ARGV[i] .. '\31'
    local entry = isSet and name .. rev .. '\31' .. ARGV[i + 1] or ''
    local from, at = find(data, name, place, true)
    if not from and place > 1 then
      parts[#parts + 1] = sub(data, place)
      data, parts, place = table.concat(parts), {}, 1
      from, at = find(data, name, 1, true)
    end
    if from then
      local stop = find(data, '\31', at + 1, true)
      if isSet and tonumber(sub(data, at + 1, stop - 1)) > base then conflicts[#conflicts + 1] = ARGV[i] end
      parts[#parts + 1], parts[#parts + 2] = sub(data, place, from - 1), entry
      place = find(data, '\30', stop, true) or #data + 1
    else
      added = added .. entry
    end
    i = i + (isSet and 2 or 1)
  end
  parts[#parts + 1], parts[#parts + 2] = sub(data, place), added
  fields[3], fields[4] = 'd', table.concat(parts)
end
local left
if ARGV[5] ~= '' then
  if subject and ARGV[5] ~= '=' .. subject then left = subject end
  if ARGV[5] == '-' then redis.call('HDEL', key, 's')
  else fields[#fields + 1], fields[#fields + 2] = 's', sub(ARGV[5], 2) end
end
if ARGV[6] ~= '' then fields[#fields + 1], fields[#fields + 2] = 'l', sub(ARGV[6], 2) end
fields[2] = rev .. ' ' .. string.format('%.0f', expire) .. ' ' .. age .. ' ' .. created .. ' ' .. ARGV[1]
redis.call('HSET', key, unpack(fields))
redis.call('PEXPIRE', key, string.format('%.0f', math.min(expire - now + 10000, 4e15)))
if not left and #conflicts == 0 then return fields[2] end
return { fields[2], left and '=' .. left or '', conflicts }
