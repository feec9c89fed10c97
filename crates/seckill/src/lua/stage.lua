-- Adds a chunk to a sale that is being staged.
--
-- Keys: staged returned, staged buyers.
-- Args: expiry in s, 1 for the first chunk (what was staged before goes), the number of returned
--       units and they themselves, then field and value of each buyer's slot.
-- Replies: 1.
-- Invariant: what is staged is under names of its own epoch, so nothing sells from it, and it goes
--       by itself.

if ARGV[2] == '1' then
  redis.call('UNLINK', KEYS[1], KEYS[2])
end
local returned = tonumber(ARGV[3])
if returned > 0 then
  redis.call('RPUSH', KEYS[1], unpack(ARGV, 4, 3 + returned))
  redis.call('EXPIRE', KEYS[1], ARGV[1])
end
if #ARGV > 3 + returned then
  redis.call('HSET', KEYS[2], unpack(ARGV, 4 + returned))
  redis.call('EXPIRE', KEYS[2], ARGV[1])
end
return 1
