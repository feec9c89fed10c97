-- Stops selling at or below an epoch, ahead of a rebuild.
--
-- Keys: meta.
-- Args: the epoch.
-- Replies: 1 when it is paused now, 0 when it is absent or ahead.
-- Invariant: a sale that was installed at a higher epoch is never paused by a late rebuilder.

local epoch = tonumber(redis.call('HGET', KEYS[1], 'epoch') or nil)
if not epoch or epoch > tonumber(ARGV[1]) then
  return 0
end
redis.call('HSET', KEYS[1], 'state', 'paused')
return 1
