-- Returns whether an index is known to be complete: since the last scan of all sessions, it was neither lost nor restored by
-- another server, which may lack the latest entries; nor has its server been a replica of such a server meanwhile.
local function isComplete (index)
  local function told (section, name)
    local info = redis.pcall('INFO', section)
    return type(info) == 'string' and string.match(info, name .. ':(%x+)') or ''
  end
  local run = told('server', 'run_id') .. told('replication', 'master_replid')
  return redis.call('ZSCORE', index, '!' .. run), '!' .. run
end
