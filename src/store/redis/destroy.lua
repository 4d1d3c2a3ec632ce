-- Destroys a session, if the given field has the given value; also a moving one, which then does not arrive. Returns a verdict
-- (0 was not live, 1 was live, 2 has moved, 3 was moving, 4 was arriving), the hash of its other id, '=subject' or '', when created.
-- Returns 0 if there is nothing to destroy, or if the session has moved and the field is not the subject's.
-- ARGV: now, field or '', value, '1' if replicas are waited for
local key, isOfSubject = KEYS[1], ARGV[2] == 's'
local meta, moved, subject, from = unpack(redis.call('HMGET', key, 'm', 'x', 's', 'f'))
if ARGV[4] == '1' and not meta and not moved then
  -- WAIT covers only writes of its own connection, and replicas may lack an earlier destroy by another one.
  redis.pcall('SET', key, '')
  redis.call('DEL', key)
end
if not meta then return moved and isOfSubject and { 2, moved, '', '' } or 0 end
if ARGV[2] ~= '' and redis.call('HGET', key, ARGV[2]) ~= ARGV[3] then return 0 end
redis.call('UNLINK', key)
local expire, created = string.match(meta, '^%d+ (%d+) %S+ (%d+)')
local verdict = tonumber(expire) >= tonumber(ARGV[1]) and (moved and 3 or from and 4 or 1) or 0
return { verdict, moved or from or '', subject and '=' .. subject or '', created }
