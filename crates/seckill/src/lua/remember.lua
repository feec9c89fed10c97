-- Mirrors winners' orders for their order lists, until the rows are there.
--
-- Keys: pending of a bucket and an hour.
-- Args: expiry in s, then per winner: user, entry.
-- Replies: the number of winners.
-- Invariant: a mirror and nothing more: losing it loses nothing.

local users, entries = {}, {}
for i = 2, #ARGV, 2 do
  users[#users + 1] = ARGV[i]
end
for i, earlier in ipairs(redis.call('HMGET', KEYS[1], unpack(users))) do
  local user, entry = users[i], ARGV[2 * i + 1]
  local others = entries[user] or earlier
  entries[user] = others and others .. '\n' .. entry or entry
end
local put = {}
for user, entry in pairs(entries) do
  put[#put + 1], put[#put + 2] = user, entry
end
redis.call('HSET', KEYS[1], unpack(put))
redis.call('EXPIRE', KEYS[1], ARGV[1])
return #users
