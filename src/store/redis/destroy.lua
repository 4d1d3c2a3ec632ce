-- Destroys a session, where a field of it is as told: one that is moving too, which then does not arrive. Gives a verdict
-- (0 was not live, 1 was, 2 has moved, 3 was about to, 4 was arriving), where to or where from, '=subject' or '', when created.
-- Where there is nothing to destroy, and of one that has moved unless those of a subject are destroyed: 0.
-- ARGV: now, field or '', value, '1' if replicas are waited for
local key, isOfSubject = KEYS[1], ARGV[2] == 's'
local meta, moved, subject, from = unpack(redis.call('HMGET', key, 'm', 'x', 's', 'f'))
if ARGV[4] == '1' and not meta and not moved then
  -- WAIT is for what a connection has written, and replicas may not know yet of an earlier end by another one.
  redis.pcall('SET', key, '')
  redis.call('DEL', key)
end
if not meta then return moved and isOfSubject and { 2, moved, '', '' } or 0 end
if ARGV[2] ~= '' and redis.call('HGET', key, ARGV[2]) ~= ARGV[3] then return 0 end
redis.call('UNLINK', key)
local expire, created = string.match(meta, '^%d+ (%d+) %S+ (%d+)')
local verdict = tonumber(expire) >= tonumber(ARGV[1]) and (moved and 3 or from and 4 or 1) or 0
return { verdict, moved or from or '', subject and '=' .. subject or '', created }
