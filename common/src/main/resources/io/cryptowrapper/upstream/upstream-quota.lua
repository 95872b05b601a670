-- The upstream's budget: at most `calls` grants in any `span`, and retries `period` apart. One hash holds
--   granted   how many grants there have ever been
--   g<n>      when grant number n was given, for the last `calls` of them
--   retry     when the last retry was granted
--   reserved  until when first calls only get what retries cannot use, because a retry waits for its turn
--   hold      until when nobody is granted anything
--   refused   there while the upstream refuses our key
-- Times are milliseconds by the clock of Redis, so the callers' clocks do not matter.
local key, op = KEYS[1], ARGV[1]
local calls, span, period = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local seen = tonumber(ARGV[5]) -- the highest `granted` that the caller has been told
-- hold, refuse: for how long; renew: the grant's number; peek: how many retries come before the one asked for
local operand = tonumber(ARGV[6])
local most_held = tonumber(ARGV[7])
-- Longer than a worker needs from one question to the next, so that no first call slips in between.
local GRACE = 500

local now = tonumber(ARGV[8]) -- given by tests only
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local function int(number) return string.format('%.0f', number) end
local function get(field) return tonumber(redis.call('HGET', key, field) or '') end
local function set(field, value) redis.call('HSET', key, field, int(value)) end

-- A time in the future means that the clock was set back: it may have been just now.
local function past(field)
  local time = get(field)
  if time and time > now then
    time = now
    set(field, now)
  end
  return time
end
local function ahead(field, most)
  local time = get(field)
  if time and time > now + most then
    time = now + most
    set(field, time)
  end
  return time or 0
end
local function hold(time)
  if time > ahead('hold', most_held) then set('hold', time) end
end

local granted = get('granted')
local function answer(number) return { number, granted, redis.call('HEXISTS', key, 'refused') } end

if op == 'look' then
  -- Writes nothing: a Redis that is full can be looked at. The first grant that still counts, in the order of their times;
  -- one that was renewed is later than those after it.
  local all = granted or 0
  local from, to = all - calls, all
  local function counts(n)
    local time = get('g' .. int(n))
    return time and math.min(time, now) + span > now
  end
  if counts(from) then to = from end
  while from < to do
    local middle = math.floor((from + to) / 2)
    if counts(middle) then to = middle else from = middle + 1 end
  end
  local held = math.min(get('hold') or 0, now + most_held)
  local oldest = from < all and math.min(get('g' .. int(from)), now) or now - span
  local free = held > now and 0 or calls - (all - from)
  return { math.max(0, math.max(oldest + span, held) - now), all, redis.call('HEXISTS', key, 'refused'), free }
end

if not granted or granted < seen then
  -- Redis has lost the log, wholly or at its end. What the caller saw granted may all have been in this window.
  if seen > 0 then hold(now + span) end
  granted = math.max(granted or 0, seen)
  set('granted', granted)
  set('retry', now)
end
local newest = get('g' .. int(granted - 1))
if newest and newest > now then
  for n = granted - calls, granted - 1 do past('g' .. int(n)) end
end

if op == 'hold' or op == 'refuse' then
  hold(now + math.min(operand, most_held))
  if op == 'refuse' then set('refused', 1) end
  return answer(0)
end

if op == 'accept' then
  redis.call('HDEL', key, 'refused')
  return answer(0)
end

if op == 'renew' then
  -- One that has left the log counts no more: the grant that took its place has been given already.
  local old = get('g' .. int(operand))
  if not old then return answer(1) end
  set('g' .. int(operand), now)
  if get('retry') == old then set('retry', now) end
  return answer(0)
end

-- When `most` grants, this one included, are no more than any window may have.
local function room(most)
  local oldest = get('g' .. int(granted - most))
  return oldest and oldest + span or now
end

local at = math.max(now, ahead('hold', most_held), room(calls))
if op == 'first' then
  -- What retries can use is kept for them while one waits; of a large budget there is more.
  local spare = calls - math.ceil(span / period)
  local reserved = ahead('reserved', period + 2000)
  if reserved > now and (spare <= 0 or room(spare) > now) then at = math.max(at, reserved) end
else
  at = math.max(at, (past('retry') or now) + period)
end

-- When the retry is granted that comes after `others`, if each comes as soon as it may: exact for the first thousand.
local function turn(others)
  -- The third time that the whole budget is used up is like the second.
  local counted = math.min(others < 2 * calls and others or calls + others % calls, 1000)
  local turns, numbers = { [0] = at }, {}
  for n = granted + 1 - calls, math.min(granted + counted - calls, granted - 1) do
    numbers[#numbers + 1] = 'g' .. int(n)
  end
  local log = #numbers > 0 and redis.call('HMGET', key, unpack(numbers)) or {}
  for n = 1, counted do
    local oldest = turns[n - calls] or tonumber(log[n] or '')
    turns[n] = math.max(turns[n - 1] + period, oldest and oldest + span or 0)
  end
  return math.max(turns[counted] + (others - counted) * math.max(period, span / calls),
    at + math.floor(others / calls) * span)
end
if op == 'peek' then return answer(math.ceil(turn(operand)) - now) end

local wait = at - now
if wait > 0 then
  -- Renewed whenever the worker asks again, and short, so that it ends soon when the worker does.
  if op == 'retry' then set('reserved', now + math.min(wait, 1000) + GRACE) end
  return answer(wait)
end
set('g' .. int(granted), now)
redis.call('HDEL', key, 'g' .. int(granted - calls))
granted = granted + 1
set('granted', granted)
if op == 'retry' then
  set('retry', now)
  -- The worker now looks whether another message is due.
  set('reserved', now + GRACE)
end
return answer(0)
