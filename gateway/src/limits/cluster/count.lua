-- Counts a call at every limit that binds it, or at none.
--
-- KEYS: one for each limit.
-- ARGV: the call's name, how long its place is kept (microseconds), how many slices a period has;
-- then for each limit: how long a slice is (microseconds; 0: calls at once), the limit for all
-- nodes, what the call needs.
-- Gives 1 where the call was counted and 0 where not, the time, and for each limit: what is used,
-- when the call fits, when all is free again.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local call, lease, slices = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local fits = 1
local reply = {0, now}

local function argument(limit, place)
  return tonumber(ARGV[3 * limit + place])
end

local function calls_at_once(key)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', now)
  return redis.call('ZCARD', key), now, now
end

local function in_window(key, slice_micros, limit, need)
  local oldest = math.floor(now / slice_micros) - slices
  local counted, used = {}, 0
  local all = redis.call('HGETALL', key)
  for at = 1, #all, 2 do
    local slice, amount = tonumber(all[at]), tonumber(all[at + 1])
    if slice < oldest then
      redis.call('HDEL', key, all[at])
    else
      used = used + amount
      counted[#counted + 1] = {slice, amount}
    end
  end
  table.sort(counted, function(one, other) return one[1] < other[1] end)
  local left, fits_at, whole_at = used, now, now
  for _, it in ipairs(counted) do
    local left_at = (it[1] + slices + 1) * slice_micros
    if left + need > limit then
      left = left - it[2]
      fits_at = left_at
    end
    if it[2] > 0 then
      whole_at = left_at
    end
  end
  return used, fits_at, whole_at
end

for limit = 1, #KEYS do
  local slice_micros, most, need = argument(limit, 1), argument(limit, 2), argument(limit, 3)
  local used, fits_at, whole_at
  if slice_micros == 0 then
    used, fits_at, whole_at = calls_at_once(KEYS[limit])
  else
    used, fits_at, whole_at = in_window(KEYS[limit], slice_micros, most, need)
  end
  if need > 0 and used + need > most then
    fits = 0
  end
  reply[#reply + 1] = used
  reply[#reply + 1] = fits_at
  reply[#reply + 1] = whole_at
end

if fits == 1 then
  reply[1] = 1
  for limit = 1, #KEYS do
    local slice_micros, need = argument(limit, 1), argument(limit, 3)
    if slice_micros == 0 then
      redis.call('ZADD', KEYS[limit], now + lease, call)
      redis.call('PEXPIRE', KEYS[limit], math.ceil(lease / 1000))
    elseif need > 0 then
      local slice = math.floor(now / slice_micros)
      redis.call('HINCRBY', KEYS[limit], slice, need)
      redis.call('PEXPIRE', KEYS[limit], math.ceil((slices + 2) * slice_micros / 1000))
      reply[3 * limit + 2] = (slice + slices + 1) * slice_micros
    end
    reply[3 * limit] = reply[3 * limit] + need
  end
end
return reply
