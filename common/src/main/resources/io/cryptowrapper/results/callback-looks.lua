-- When to look at the callbacks of which message: a sorted set of ids by the time of the next look.
local key, op = KEYS[1], ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function print(number) return string.format('%.0f', number) end

if op == 'look' then
  local id, at = ARGV[2], now + ARGV[3]
  local known = redis.call('ZSCORE', key, id)
  -- Never later than before, and never the same: who has looked, and found nothing, may not remove what came since.
  if known then at = math.min(at, known - 1) end
  redis.call('ZADD', key, print(at), id)
  return {}
end
if op == 'take' then
  local ids = redis.call('ZRANGEBYSCORE', key, '-inf', print(now), 'LIMIT', 0, ARGV[3])
  local again = print(now + ARGV[2])
  for _, id in ipairs(ids) do redis.call('ZADD', key, again, id) end
  table.insert(ids, 1, again)
  return ids
end
local id, seen = ARGV[2], ARGV[3]
if tonumber(redis.call('ZSCORE', key, id) or '') ~= tonumber(seen) then return {} end
if op == 'forget' then
  redis.call('ZREM', key, id)
else
  redis.call('ZADD', key, print(now + ARGV[4]), id)
end
return {}
