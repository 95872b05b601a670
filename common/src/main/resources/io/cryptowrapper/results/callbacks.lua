-- The callbacks that wait for the end of one message: a hash of
--   message   its text
--   since     when the first callback was noted
--   end       the newest end of it, as JSON; and ends, how many there were: a message that was rejected may be sent again
--   c:<key>   "<ends that it does not want> <leased until> <JSON>", for each callback
-- Times are those of Redis.
local key, op = KEYS[1], ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function ends() return tonumber(redis.call('HGET', key, 'ends') or '0') end

-- What the message's status says of its end, where whoever recorded it did not note it here.
local function note_end()
  local status = redis.call('GET', KEYS[2])
  local ok, value = pcall(cjson.decode, status or '')
  local final = ok and type(value) == 'table' and value.v == 1
    and (value.state == 'signed' or value.state == 'rejected')
  if final and redis.call('HGET', key, 'end') ~= status then
    redis.call('HSET', key, 'end', status)
    redis.call('HINCRBY', key, 'ends', 1)
  end
  return final
end

local function callbacks()
  local found = {}
  for _, field in ipairs(redis.call('HKEYS', key)) do
    if string.sub(field, 1, 2) == 'c:' then found[#found + 1] = field end
  end
  return found
end

local function line(unwanted, leased, json) return string.format('%.0f %.0f %s', unwanted, leased, json) end

if op == 'register' then
  local most, life, text = tonumber(ARGV[2]), ARGV[3], ARGV[4]
  local count = #callbacks()
  for i = 5, #ARGV, 2 do count = count + 1 - redis.call('HEXISTS', key, ARGV[i]) end
  if count > most then return 'full' end
  redis.call('HSETNX', key, 'message', text)
  redis.call('HSETNX', key, 'since', string.format('%.0f', now))
  local final = note_end()
  -- The end that is known is the one that they want.
  local unwanted = final and ends() - 1 or ends()
  for i = 5, #ARGV, 2 do redis.call('HSET', key, ARGV[i], line(unwanted, 0, ARGV[i + 1])) end
  redis.call('PEXPIRE', key, life)
  return final and 'ended' or 'waits'
end

if op == 'take' then
  local lease = tonumber(ARGV[2])
  if redis.call('EXISTS', key) == 0 then return { 'gone' } end
  note_end()
  local known, taken, leased = ends(), {}, false
  for _, field in ipairs(callbacks()) do
    local unwanted, until_then, json = string.match(redis.call('HGET', key, field), '^(%d+) (%d+) (.*)$')
    if tonumber(unwanted) < known then
      -- One that ends later than any that is given now is of a clock that was set back.
      local left = tonumber(until_then) - now
      if left > 0 and left <= lease then
        leased = true
      else
        local mine = line(unwanted, now + lease, json)
        redis.call('HSET', key, field, mine)
        taken[#taken + 1] = field
        taken[#taken + 1] = mine
      end
    end
  end
  if #taken == 0 then
    local since = tonumber(redis.call('HGET', key, 'since') or now)
    return { leased and 'leased' or 'waits', string.format('%.0f', math.max(0, now - since)) }
  end
  return { 'ended', redis.call('HGET', key, 'message'), redis.call('HGET', key, 'end'), unpack(taken) }
end

-- Of both only those that nobody has taken or asked for since.
for i = 2, #ARGV, 2 do
  if redis.call('HGET', key, ARGV[i]) == ARGV[i + 1] then
    if op == 'remove' then
      redis.call('HDEL', key, ARGV[i])
    else
      local unwanted, json = string.match(ARGV[i + 1], '^(%d+) %d+ (.*)$')
      redis.call('HSET', key, ARGV[i], line(unwanted, 0, json))
    end
  end
end
if #callbacks() > 0 then return 'left' end
redis.call('DEL', key)
return 'gone'
