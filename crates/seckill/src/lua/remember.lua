-- Mirrors a winner's order for the order list, until the row is there.
--
-- Keys: pending of the buyer.
-- Args: expiry in s, order number, entry.
-- Replies: 1.
-- Invariant: a mirror and nothing more: losing it loses nothing.

redis.call('HSET', KEYS[1], ARGV[2], ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[1])
return 1
