-- Puts a staged sale in place.
--
-- Keys: meta, returned, buyers, staged returned, staged buyers.
-- Args: epoch, units, next, start, end, limit, run id, replication id, how many returned units and
--       how many slots were staged.
-- Replies: 1 when it was installed, 0 when this epoch or a higher one is there already, -1 when
--       what was staged has gone.
-- Invariant: an epoch is installed once, whole, and only over an absent or a lower one; unsent
--       stays.

local there = tonumber(redis.call('HGET', KEYS[1], 'epoch') or nil)
if there and there >= tonumber(ARGV[1]) then
  redis.call('UNLINK', KEYS[4], KEYS[5])
  return 0
end
local returned, slots = redis.call('LLEN', KEYS[4]), redis.call('HLEN', KEYS[5])
if returned ~= tonumber(ARGV[9]) or slots ~= tonumber(ARGV[10]) then
  return -1
end
-- A million buyers are freed beside the other sales, not before them.
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
if redis.call('EXISTS', KEYS[4]) == 1 then
  redis.call('RENAME', KEYS[4], KEYS[2])
  redis.call('PERSIST', KEYS[2])
end
if redis.call('EXISTS', KEYS[5]) == 1 then
  redis.call('RENAME', KEYS[5], KEYS[3])
  redis.call('PERSIST', KEYS[3])
end
redis.call('HSET', KEYS[1], 'epoch', ARGV[1], 'state', 'open', 'units', ARGV[2], 'next', ARGV[3],
  'start', ARGV[4], 'end', ARGV[5], 'limit', ARGV[6], 'run_id', ARGV[7], 'replication_id', ARGV[8])
return 1
