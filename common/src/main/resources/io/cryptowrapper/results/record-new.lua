-- Writes a status for each key where nothing stands, not even a claim; answers for each, in the same order, 1 if it was so.
-- All stay for the same time, in milliseconds.
local written = {}
for i, key in ipairs(KEYS) do
  written[i] = redis.call('SET', key, ARGV[i + 1], 'NX', 'PX', ARGV[1]) and 1 or 0
end
return written
