-- Gives back the units of an order that closed.
--
-- Keys: meta, returned, buyers.
-- Args: the epoch that the closing transaction read, order id, user, then the slots.
-- Replies: -1 when Redis is absent or behind that epoch (ask again later), else how many units came
--       back.
-- Invariant: a unit is given back only while its slot still holds this order: exactly once,
--       whatever is delivered twice, late, or after the slot was sold again.

local epoch = tonumber(redis.call('HGET', KEYS[1], 'epoch') or nil)
if not epoch or epoch < tonumber(ARGV[1]) then
  return -1
end
local released = 0
for i = 4, #ARGV do
  local field = ARGV[3] .. '/' .. ARGV[i]
  local value = redis.call('HGET', KEYS[3], field)
  if value then
    local order, unit = string.match(value, '^(%d+)|(%d+)|')
    if order == ARGV[2] then
      redis.call('HDEL', KEYS[3], field)
      redis.call('LPUSH', KEYS[2], unit)
      released = released + 1
    end
  end
end
return released
