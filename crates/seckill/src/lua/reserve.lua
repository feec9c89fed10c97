-- Reserves units for a batch of buyers of one activity.
--
-- Keys: meta, returned, buyers, unsent.
-- Args: now in ms (0: the server's), the caller's epoch, the number of confirmed orders and their
--       ids (their unsent entries go), then five per buyer: user, quantity, request key, order id,
--       trace parent.
-- Replies: {"paused"}, or {"open", epoch, now, then for each buyer an outcome}: 1 won, 2 repeated,
--       3 sold out, 4 not started, 5 ended, 6 limit. After 1 come slot:unit,…; after 2 order id,
--       at, slots, and its unsent entry, if it still has one. After the others comes nothing: most
--       buyers lose.
-- Invariant: every unit up to `next` is either returned or held by exactly one slot, and every
--       winner is in unsent before this call ends. A refusal changes nothing. Nothing is
--       written before the end, and unsent first: a server without memory refuses that one, and
--       nothing has moved.

local confirmed = tonumber(ARGV[3])
if confirmed > 0 then
  redis.call('HDEL', KEYS[4], unpack(ARGV, 4, 3 + confirmed))
end

local meta =
  redis.call('HMGET', KEYS[1], 'epoch', 'state', 'units', 'next', 'start', 'end', 'limit')
local epoch, next_unit = tonumber(meta[1]), tonumber(meta[4])
if meta[2] ~= 'open' or not epoch or not next_unit or epoch < tonumber(ARGV[2]) then
  return {'paused'}
end
local returned = redis.call('LLEN', KEYS[2])
if redis.call('HLEN', KEYS[3]) + returned ~= next_unit then
  return {'paused'} -- A key was lost: what is left must not be sold from.
end
local units, opens = tonumber(meta[3]), tonumber(meta[5])
local closes, limit = tonumber(meta[6]), tonumber(meta[7])
if not units or not opens or not closes or not limit then
  return {'paused'}
end

local now = tonumber(ARGV[1])
if now == 0 then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
local at_now = string.format('%d', now)
local first, width = 4 + confirmed, 5

-- The buyers' slots, as fields of buyers: as many in a row for each as one may have. Numbers become
-- text once, and not for every buyer.
local names, fields = {}, {}
for slot = 1, limit do
  names[slot] = string.format('%d', slot)
end
for i = first, #ARGV, width do
  for slot = 1, limit do
    fields[#fields + 1] = ARGV[i] .. '/' .. names[slot]
  end
end

-- What is in them; what this batch wins is added as it is won. Most are empty.
local held, READ_MAX = {}, 2000
for from = 1, #fields, READ_MAX do
  local till = math.min(from + READ_MAX - 1, #fields)
  for i, value in ipairs(redis.call('HMGET', KEYS[3], unpack(fields, from, till))) do
    if value then
      held[fields[from + i - 1]] = value
    end
  end
end

-- A slot's value: order id | unit | at | request key.
local function parse(value)
  return string.match(value, '^(%d+)|(%d+)|(%d+)|(.*)$')
end

-- Ids are compared as text: numbers above 1e14 lose digits on their way into text.
local function newer(at, order, than_at, than_order)
  if at ~= than_at then
    return at > than_at
  end
  return #order > #than_order or (#order == #than_order and order > than_order)
end

-- How many slots are free, and the order that this request repeats. The buyer's slots come after
-- `before` fields.
local function look(before, key)
  local free, order, order_at = limit, nil, 0
  for slot = 1, limit do
    local value = held[fields[before + slot]]
    if value then
      free = free - 1
      local id, _, at, its_key = parse(value)
      at = tonumber(at)
      if key ~= '' and its_key == key then
        return free, id
      end
      if (key == '' or limit == 1) and (not order or newer(at, id, order_at, order)) then
        order, order_at = id, at
      end
    end
  end
  return free, order
end

local function slots_of(before, order)
  local slots, at = {}, 0
  for slot = 1, limit do
    local value = held[fields[before + slot]]
    if value then
      local id, _, its_at = parse(value)
      if id == order then
        slots[#slots + 1], at = slot, its_at
      end
    end
  end
  return slots, at
end

-- Returned units go first, the one that waited longest before the others.
local again, spare = 0, nil
local function take()
  if again < returned then
    spare = spare or redis.call('LRANGE', KEYS[2], -#fields, -1)
    again = again + 1
    return spare[#spare - again + 1]
  end
  next_unit = next_unit + 1
  return string.format('%d', next_unit)
end

local reply, size = {'open', meta[1], at_now}, 3
local function refuse(outcome)
  size = size + 1
  reply[size] = outcome
end

local new_buyers, new_unsent, entries = {}, {}, {}
local function win(before, user, quantity, key, order, trace)
  local slot, taken = 0, nil
  for _ = 1, quantity do
    repeat
      slot = slot + 1
    until not held[fields[before + slot]]
    local field, unit = fields[before + slot], take()
    local value = order .. '|' .. unit .. '|' .. at_now .. '|' .. key
    held[field] = value
    local buyers = #new_buyers
    new_buyers[buyers + 1], new_buyers[buyers + 2] = field, value
    taken = (taken and taken .. ',' or '') .. names[slot] .. ':' .. unit
  end
  local entry = user .. '|' .. at_now .. '|' .. meta[1] .. '|' .. taken .. '|' .. trace .. '|' .. key
  local unsent = #new_unsent
  new_unsent[unsent + 1], new_unsent[unsent + 2] = order, entry
  entries[order] = entry
  reply[size + 1], reply[size + 2] = 1, taken
  size = size + 2
end

local before = 0
for i = first, #ARGV, width do
  local user, quantity, key, order, trace =
    ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 2], ARGV[i + 3], ARGV[i + 4]
  local free, earlier = look(before, key)
  if earlier then
    local slots, at = slots_of(before, earlier)
    reply[size + 1], reply[size + 2], reply[size + 3] = 2, earlier, at
    reply[size + 4] = table.concat(slots, ',')
    reply[size + 5] = entries[earlier] or redis.call('HGET', KEYS[4], earlier) or ''
    size = size + 5
  elseif now < opens then
    refuse(4)
  elseif closes > 0 and now >= closes then
    refuse(5)
  elseif free < quantity then
    refuse(6)
  elseif units - next_unit + returned - again < quantity then
    refuse(3)
  else
    win(before, user, quantity, key, order, trace)
  end
  before = before + limit
end

-- One command for a whole batch; `unpack` takes a few thousand.
local function put(key, list)
  for from = 1, #list, 4000 do
    redis.call('HSET', key, unpack(list, from, math.min(from + 3999, #list)))
  end
end
if #new_unsent > 0 then
  put(KEYS[4], new_unsent)
  put(KEYS[3], new_buyers)
  redis.call('HSET', KEYS[1], 'next', string.format('%d', next_unit))
  if again > 0 then
    redis.call('LTRIM', KEYS[2], 0, -(again + 1))
  end
end
return reply
