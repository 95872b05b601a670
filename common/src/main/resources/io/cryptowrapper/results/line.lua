-- The order of the turns by the clock of Redis: a sorted set of ids by the time when their delay is over.
local key, op, id = KEYS[1], ARGV[1], ARGV[2]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if op == 'join' then
  -- Who stands here longer than any message waits has left the queue unseen.
  redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', now - ARGV[4]))
  redis.call('ZADD', key, string.format('%.0f', now + ARGV[3]), id)
  return {}
end
local rank = redis.call('ZRANK', key, id)
if not rank then return {} end
local due = math.max(0, redis.call('ZSCORE', key, id) - now)
local overdue = redis.call('ZCOUNT', key, '-inf', string.format('%.0f', now))
local first = redis.call('ZRANGE', key, overdue, overdue, 'WITHSCORES')[2]
local until_first = first and math.min(first - now, due) or 0
return { rank, due, math.max(0, rank - overdue), until_first }
