-- The order of the turns by the clock of Redis: a sorted set of ids by the time when their delay is over.
local key, op = KEYS[1], ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if op == 'join' then
  -- Who stands here longer than any message waits has left the queue unseen.
  redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', now - ARGV[3]))
  -- Those who come together keep their order.
  for i = 4, #ARGV do redis.call('ZADD', key, string.format('%.3f', now + ARGV[2] + (i - 4) / 1000), ARGV[i]) end
  return {}
end
local overdue = redis.call('ZCOUNT', key, '-inf', string.format('%.0f', now))
local first = redis.call('ZRANGE', key, overdue, overdue, 'WITHSCORES')[2]
local places = {}
for i = 2, #ARGV do
  local rank = redis.call('ZRANK', key, ARGV[i])
  local place = {}
  if rank then
    local due = math.max(0, redis.call('ZSCORE', key, ARGV[i]) - now)
    place = { rank, due, math.max(0, rank - overdue), first and math.min(first - now, due) or 0 }
  end
  places[#places + 1] = place
end
return places
