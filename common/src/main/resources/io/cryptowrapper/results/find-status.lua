-- A status, and for how many milliseconds Redis still keeps it.
local status = redis.call('GET', KEYS[1])
return status and { status, redis.call('PTTL', KEYS[1]) } or {}
