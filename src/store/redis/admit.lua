-- Enters a session into its subject's index, if the limit lets it.
-- ARGV: now, session, created, time to live, most or 0, 'oldest' or 'refuse', whether entries were checked, dead entry, its value, ...
local index, session, most = KEYS[1], ARGV[2], tonumber(ARGV[5])
for i = 8, #ARGV, 2 do
  if redis.call('HGET', index, ARGV[i]) == ARGV[i + 1] then redis.call('HDEL', index, ARGV[i]) end
end
local known = redis.call('HEXISTS', index, session)
local victims = {}
if most > 0 and known == 0 then
  local count = redis.call('HLEN', index)
  if count >= most then
    local entries = redis.call('HGETALL', index)
    if ARGV[7] == '0' then return { 2, 0, entries } end
    if ARGV[6] == 'refuse' then return { 0, 0, {} } end
    local others = {}
    for i = 1, #entries, 2 do others[#others + 1] = { entries[i], tonumber(string.match(entries[i + 1], '^%d+')) } end
    table.sort(others, function (a, b) return a[2] < b[2] or (a[2] == b[2] and a[1] < b[1]) end)
    for i = 1, count - most + 1 do victims[i] = others[i][1] end
  end
end
redis.call('HSET', index, session, ARGV[3] .. ':' .. ARGV[1])
if redis.call('PTTL', index) < tonumber(ARGV[4]) then redis.call('PEXPIRE', index, ARGV[4]) end
return { 1, known, victims }
