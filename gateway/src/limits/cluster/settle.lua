-- Puts right what calls have used, and says which are under way and which are not.
--
-- KEYS: one for each thing that is to be done.
-- ARGV: how many slices a period has; then for each: `correct`, how long a slice is (microseconds),
-- the slice, by how much; or `keep`, the call, how long its place is kept (microseconds), nothing;
-- or `leave`, the call, nothing, nothing.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local slices = tonumber(ARGV[1])

local function correct(key, slice_micros, slice, by)
  if by > 0 then
    -- What was not known before counts from now on.
    redis.call('HINCRBY', key, math.floor(now / slice_micros), by)
    redis.call('PEXPIRE', key, math.ceil((slices + 2) * slice_micros / 1000))
  elseif redis.call('HEXISTS', key, slice) == 1 and redis.call('HINCRBY', key, slice, by) < 0 then
    -- It was counted before all of this was forgotten.
    redis.call('HDEL', key, slice)
  end
end

for at = 1, #KEYS do
  local key, what = KEYS[at], ARGV[4 * at - 2]
  local one, two, three = ARGV[4 * at - 1], ARGV[4 * at], ARGV[4 * at + 1]
  if what == 'correct' then
    correct(key, tonumber(one), tonumber(two), tonumber(three))
  elseif what == 'keep' then
    local lease = tonumber(two)
    redis.call('ZADD', key, now + lease, one)
    redis.call('PEXPIRE', key, math.ceil(lease / 1000))
  else
    redis.call('ZREM', key, one)
  end
end
return #KEYS
