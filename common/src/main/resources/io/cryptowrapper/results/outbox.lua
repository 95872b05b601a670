-- The accepted messages that may not be queued: a sorted set of ids by the time when they were last touched.
local key, op = KEYS[1], ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function touch(id) redis.call('ZADD', key, string.format('%.0f', now), id) end

if op == 'add' then
  for i = 2, #ARGV do touch(ARGV[i]) end
  return { string.format('%.0f', now) }
end
if op == 'remove' then
  -- Not if it was added again meanwhile: that is another promise.
  if tonumber(redis.call('ZSCORE', key, ARGV[2]) or '') == tonumber(ARGV[3]) then redis.call('ZREM', key, ARGV[2]) end
  return {}
end
local ids = redis.call('ZRANGEBYSCORE', key, '-inf', string.format('%.0f', now - ARGV[2]), 'LIMIT', 0, ARGV[3])
for _, id in ipairs(ids) do touch(id) end
table.insert(ids, 1, string.format('%.0f', now))
return ids
