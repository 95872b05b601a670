-- The depth of the queue as a worker last reported it, and when it did, by the clock of Redis.
local key, op = KEYS[1], ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if op == 'report' then
  redis.call('SET', key, ARGV[2] .. ' ' .. string.format('%.0f', now), 'PX', ARGV[3])
  return {}
end
local depth, at = string.match(redis.call('GET', key) or '', '^(%d+) (%d+)$')
return depth and { tonumber(depth), math.max(0, now - at) } or {}
