-- Writes a status unless a better one stands there, tells whoever waits for it, and answers with the one that stands now.
-- A signature is final, a rejection gives way to a signature only, and a waiting message never goes back to an earlier
-- attempt. A claim, and what cannot be read, gives way to everything.
-- An end is noted beside the callbacks that wait for it: a rejection is soon forgotten, and they may be made much later.
local function read(json)
  local ok, value = pcall(cjson.decode, json)
  return ok and type(value) == 'table' and value.v == 1 and value or {}
end

local function stands(old, new)
  if old.state == 'signed' then return true end
  if new.state == 'signed' then return false end
  if old.state == 'rejected' then return true end
  return old.state == 'pending' and new.state == 'pending' and old.attempt > new.attempt
end

local current, new = redis.call('GET', KEYS[1]), read(ARGV[1])
if current and stands(read(current), new) then return current end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if (new.state == 'signed' or new.state == 'rejected') and redis.call('EXISTS', KEYS[2]) == 1 then
  redis.call('HSET', KEYS[2], 'end', ARGV[1])
  redis.call('HINCRBY', KEYS[2], 'ends', 1)
end
redis.call('PUBLISH', ARGV[3], ARGV[4])
return ARGV[1]
