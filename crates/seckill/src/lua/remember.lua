-- Mirrors winners' orders for their order lists, until the rows are there.
--
-- Keys: pending of each winner.
-- Args: expiry in s, then per winner: order number, entry.
-- Replies: the number of winners.
-- Invariant: a mirror and nothing more: losing it loses nothing.

for i, pending in ipairs(KEYS) do
  redis.call('HSET', pending, ARGV[2 * i], ARGV[2 * i + 1])
  redis.call('EXPIRE', pending, ARGV[1])
end
return #KEYS
