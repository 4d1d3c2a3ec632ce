-- Tells whether an index is known to have all sessions of its subjects: since it was found to be so by a look at all of them, it
-- was neither lost nor brought back by another server, which may have lost what was entered last.
local function isComplete (index)
  local info = redis.pcall('INFO', 'server')
  local run = type(info) == 'string' and string.match(info, 'run_id:(%x+)') or ''
  return redis.call('ZSCORE', index, '!' .. run), '!' .. run
end
