-- Marks a live session as moving to another id, until the given time, and returns it; also if the same move has marked it before.
-- For a session that is arriving itself, returns the hash of its old id. ARGV: now, the new hash, until
local key, now = KEYS[1], tonumber(ARGV[1])
local meta, moving, last, from = unpack(redis.call('HMGET', key, 'm', 'x', 'y', 'f'))
if not meta or tonumber(string.match(meta, '^%d+ (%d+)')) < now then return 0 end
if from then return { from } end
if moving and moving ~= ARGV[2] and tonumber(last) >= now then return 0 end
local fields = redis.call('HGETALL', key)
redis.call('HSET', key, 'x', ARGV[2], 'y', ARGV[3])
return fields
