-- Destroys a session, where a field of it is as told. ARGV: now, field or '', value
local key = KEYS[1]
local meta, moved, subject = unpack(redis.call('HMGET', key, 'm', 'x', 's'))
if not meta or (ARGV[2] ~= '' and redis.call('HGET', key, ARGV[2]) ~= ARGV[3]) then return 0 end
redis.call('UNLINK', key)
local live = not moved and tonumber(string.match(meta, '^%d+ (%d+)')) >= tonumber(ARGV[1])
return { live and 1 or 0, subject and '=' .. subject or '' }
