-- Tells whether an index is known to have all sessions of its subjects: since it was found to be so by a look at all of them, it
-- was neither lost nor brought back by another server, which may have lost what was entered last; nor has its server been a replica
-- in the meantime, of one that has.
local function isComplete (index)
  local function told (section, name)
    local info = redis.pcall('INFO', section)
    return type(info) == 'string' and string.match(info, name .. ':(%x+)') or ''
  end
  local run = told('server', 'run_id') .. told('replication', 'master_replid')
  return redis.call('ZSCORE', index, '!' .. run), '!' .. run
end
