-- Merges keys into a live session, and moves its expiry.
-- ARGV: now, base, ttl, age or '', '=subject' or '-' or '', until or '', '=label' or '', number of keys set, key, json, ..., key deleted, ...
local key, now, base, count = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[8])
local meta, moved, subject, indexed = unpack(redis.call('HMGET', key, 'm', 'x', 's', 'u'))
if not meta or moved then return 0 end
local rev, expire, age, created = string.match(meta, '^(%d+) (%d+) (%S+) (%d+)')
if tonumber(expire) < now then return 0 end
if #ARGV > 8 then rev = string.format('%.0f', rev + 1) end
if ARGV[4] ~= '' then age = ARGV[4] end
expire = math.min(now + tonumber(age == 'session' and ARGV[3] or age), 2 ^ 53)
local fields, conflicts = { 'm', '' }, {}
for i = 9, 8 + count * 2, 2 do
  local place
  local before = redis.call('HGET', key, ARGV[i])
  if before then
    local written
    written, place = string.match(before, '^(%d+):([%d.]+):')
    if tonumber(written) > base then conflicts[#conflicts + 1] = ARGV[i] end
  else
    place = rev .. '.' .. (i - 9) / 2
  end
  fields[#fields + 1] = ARGV[i]
  fields[#fields + 1] = rev .. ':' .. place .. ':' .. ARGV[i + 1]
end
for i = 9 + count * 2, #ARGV do redis.call('HDEL', key, ARGV[i]) end
local left
if ARGV[5] ~= '' then
  if subject and ARGV[5] ~= '=' .. subject then left = subject end
  if ARGV[5] == '-' then
    subject = false
    redis.call('HDEL', key, 's', 'u')
  else
    subject, indexed = string.sub(ARGV[5], 2), ARGV[6]
    fields[#fields + 1], fields[#fields + 2], fields[#fields + 3], fields[#fields + 4] = 's', subject, 'u', indexed
  end
end
if ARGV[7] ~= '' then fields[#fields + 1], fields[#fields + 2] = 'l', string.sub(ARGV[7], 2) end
local expires = string.format('%.0f', expire)
fields[2] = rev .. ' ' .. expires .. ' ' .. age .. ' ' .. created .. ' ' .. ARGV[1]
for i = 1, #fields, 4000 do redis.call('HSET', key, unpack(fields, i, math.min(i + 3999, #fields))) end
redis.call('PEXPIRE', key, string.format('%.0f', math.min(expire - now + 10000, 4e15)))
local due = subject and not (indexed and tonumber(indexed) >= expire)
if not due and not left and #conflicts == 0 then return rev end
return { rev, due and '=' .. subject or '', left and '=' .. left or '', created, expires, conflicts }
