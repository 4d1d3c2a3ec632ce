-- Merges keys into a live session, and sets its new expiry. Returns its field m, with what the caller has to report or do; 0 if
-- there is no session; -1 if it is unknown whether this command was executed before; for an arriving session, the one that it
-- comes from; for one that would be too large, its number of keys and bytes.
-- ARGV: now, base, ttl, age or '', '=subject' or '-' or '', '=label' or '', most keys, most bytes, '1' if this command may have
-- been executed before, number of keys set, key, json, ..., key deleted, ...
local FIRST, FEW, LEAST = 11, 16, 7
local key, now, find, sub = KEYS[1], tonumber(ARGV[1]), string.find, string.sub
local meta, moving, last, from, subject, data = unpack(redis.call('HMGET', key, 'm', 'x', 'y', 'f', 's', ARGV[FIRST] and 'd' or 'm'))
if not meta or moving and tonumber(last) >= now then return 0 end
local rev, expire, age, created = string.match(meta, '^(%d+) (%d+) (%S+) (%d+)')
if tonumber(expire) < now then return 0 end
if from then return { from } end
local fields, conflicts = { 'm', '' }, {}
if ARGV[FIRST] then
  local base, deleted, next, isAgain = tonumber(ARGV[2]), FIRST + 2 * ARGV[10], string.format('%.0f', rev + 1), ARGV[9] == '1'
  local changed, places, i = {}, {}, FIRST
  while ARGV[i] do
    changed[ARGV[i]] = i
    i = i + (i < deleted and 2 or 1)
  end
  -- The places of the changed keys, in order: few are searched for, many are found by one pass.
  if #ARGV < FIRST + FEW then
    for token in pairs(changed) do places[#places + 1] = find(data, '\30' .. token .. '\31', 1, true) end
    table.sort(places)
  else
    local place, stop = 1, #data + 1
    while place < stop do
      local written = find(data, '\31', place, true)
      if changed[sub(data, place + 1, written - 1)] then places[#places + 1] = place end
      place = find(data, '\30', written, true) or stop
    end
  end
  -- The unchanged text between them is copied in one piece.
  local parts, seen, copied, isSame = {}, {}, 1, true
  for _, place in ipairs(places) do
    local written = find(data, '\31', place, true)
    local json, token = find(data, '\31', written + 1, true) + 1, sub(data, place + 1, written - 1)
    local at, behind = changed[token], find(data, '\30', json, true) or #data + 1
    local isSet, isNewer = at < deleted, tonumber(sub(data, written + 1, json - 2)) > base
    seen[token] = isNewer and 2 or 1
    isSame = isSame and isSet and isNewer and sub(data, json, behind - 1) == ARGV[at + 1]
    parts[#parts + 1] = sub(data, copied, isSet and written or place - 1)
    if isSet then parts[#parts + 1], parts[#parts + 2] = next .. '\31', ARGV[at + 1] end
    copied = behind
  end
  parts[#parts + 1] = sub(data, copied)
  for i = FIRST, deleted - 1, 2 do
    local token = ARGV[i]
    if seen[token] == 2 then conflicts[#conflicts + 1] = token end
    if not seen[token] and changed[token] == i then
      parts[#parts + 1], isSame = '\30' .. token .. '\31' .. next .. '\31' .. ARGV[i + 1], false
    end
  end
  if isAgain and tonumber(rev) > base then
    if not isSame then return -1 end
    conflicts = {}
  else
    local text, mostKeys, mostBytes = table.concat(parts), tonumber(ARGV[7]), tonumber(ARGV[8])
    -- The least length of a key's entry.
    if #text > #data and (#text > mostKeys * LEAST or #text > mostBytes) then
      local count, bytes = 0, #text + 1
      for written in string.gmatch(text, '\31(%d+)\31') do count, bytes = count + 1, bytes - #written - 1 end
      if count > mostKeys or bytes > mostBytes then return { count, bytes } end
    end
    rev, fields[3], fields[4] = next, 'd', text
  end
end
if ARGV[4] ~= '' then age = ARGV[4] end
expire = math.min(now + tonumber(age == 'session' and ARGV[3] or age), 2 ^ 53)
local left
if ARGV[5] ~= '' then
  if subject and ARGV[5] ~= '=' .. subject then left = subject end
  if ARGV[5] ~= '-' then fields[#fields + 1], fields[#fields + 2] = 's', sub(ARGV[5], 2) end
end
if ARGV[6] ~= '' then fields[#fields + 1], fields[#fields + 2] = 'l', sub(ARGV[6], 2) end
fields[2] = rev .. ' ' .. string.format('%.0f', expire) .. ' ' .. age .. ' ' .. created .. ' ' .. ARGV[1]
-- A full server refuses only a script's first write. So this is one that it refuses.
redis.call('HSET', key, unpack(fields))
if moving then redis.call('HDEL', key, 'x', 'y') end
if ARGV[5] == '-' then redis.call('HDEL', key, 's') end
redis.call('PEXPIRE', key, string.format('%.0f', math.min(expire - now + 10000, 4e15)))
if not left and #conflicts == 0 then return fields[2] end
return { fields[2], left and '=' .. left or '', conflicts }
