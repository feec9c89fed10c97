-- A page of the hand-off list, and the time by which it is old or young.
--
-- Keys: unsent.
-- Args: now in ms (0: the server's), cursor ("0" at first), how many.
-- Replies: {now, next cursor ("0": that was all), then order id and entry of each}.
-- Invariant: reads only. What stays during a whole pass is seen in it.

local now = ARGV[1]
if now == '0' then
  local time = redis.call('TIME')
  now = string.format('%d', tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000))
end
local page = redis.call('HSCAN', KEYS[1], ARGV[2], 'COUNT', ARGV[3])
local reply = {now, page[1]}
for i, text in ipairs(page[2]) do
  reply[i + 2] = text
end
return reply
