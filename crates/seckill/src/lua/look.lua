-- What a sale looks like from outside.
--
-- Keys: meta, returned, buyers, unsent.
-- Args: none.
-- Replies: {} when absent, else {epoch, state, units, next, returned, held, unsent, run id,
--       replication id}.
-- Invariant: reads only, and all of it at one moment.

local meta =
  redis.call('HMGET', KEYS[1], 'epoch', 'state', 'units', 'next', 'run_id', 'replication_id')
if not meta[1] then
  return {}
end
local returned, held = redis.call('LLEN', KEYS[2]), redis.call('HLEN', KEYS[3])
local unsent = redis.call('HLEN', KEYS[4])
return {meta[1], meta[2] or '', meta[3] or '0', meta[4] or '0', tostring(returned), tostring(held),
  tostring(unsent), meta[5] or '', meta[6] or ''}
