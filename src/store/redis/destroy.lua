-- Destroys a session, where a field of it is as told: one that is moving too, which then does not arrive.
-- Where those of a subject are destroyed, it tells where one has moved to (2) or was about to (3). ARGV: now, field or '', value
local key = KEYS[1]
local meta, moved, subject = unpack(redis.call('HMGET', key, 'm', 'x', 's'))
if not meta then return moved and ARGV[2] == 's' and { 2, moved } or 0 end
if ARGV[2] ~= '' and redis.call('HGET', key, ARGV[2]) ~= ARGV[3] then return 0 end
redis.call('UNLINK', key)
local live = tonumber(string.match(meta, '^%d+ (%d+)')) >= tonumber(ARGV[1])
if live and moved and ARGV[2] == 's' then return { 3, moved } end
return { live and 1 or 0, subject and '=' .. subject or '' }
