-- What a buyer holds in a sale.
--
-- Keys: meta, buyers.
-- Args: user.
-- Replies: {} when absent, else {epoch, then slot and value for each slot that is held}.
-- Invariant: reads only, and all of it at one moment.

local meta = redis.call('HMGET', KEYS[1], 'epoch', 'limit')
local limit = tonumber(meta[2])
if not meta[1] or not limit then
  return {}
end
local fields = {}
for slot = 1, limit do
  fields[slot] = ARGV[1] .. '/' .. slot
end
local reply = {meta[1]}
for slot, value in ipairs(redis.call('HMGET', KEYS[2], unpack(fields))) do
  if value then
    reply[#reply + 1], reply[#reply + 2] = tostring(slot), value
  end
end
return reply
