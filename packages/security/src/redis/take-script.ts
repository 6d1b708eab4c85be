/**
 * Takes a part of a client's limit, and adds what was counted elsewhere while Redis was away, in one step.
 *
 * The period ends by the clock of Redis, as expiry of the key, so that the clocks of the hosts don't matter. The month is that of the
 * civil calendar: https://howardhinnant.github.io/date_algorithms.html#civil_from_days
 *
 * KEYS: the count. ARGV: period (milliseconds, `day` or `month`), limit, need, wanted, amount to add, part of the rest. Returns the amount taken
 * before, the amount taken now, and the milliseconds to the end of the period.
 */
export const TAKE_SCRIPT = `
local limit, need, wanted, add = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local ttl = redis.call('PTTL', KEYS[1])
local used = 0
if ttl > 0 then used = tonumber(redis.call('GET', KEYS[1])) end
if used == nil then return redis.error_reply('ERR the value of ' .. KEYS[1] .. ' is not a count') end
local isNew = ttl <= 0
if isNew then
  if ARGV[1] == 'day' or ARGV[1] == 'month' then
    local time = redis.call('TIME')
    local seconds = tonumber(time[1])
    local day = math.floor(seconds / 86400)
    local nextDay = day + 1
    if ARGV[1] == 'month' then
      local shifted = day + 719468
      local dayOfEra = shifted % 146097
      local yearOfEra = math.floor((dayOfEra - math.floor(dayOfEra / 1460) + math.floor(dayOfEra / 36524) - math.floor(dayOfEra / 146096)) / 365)
      local dayOfYear = dayOfEra - (365 * yearOfEra + math.floor(yearOfEra / 4) - math.floor(yearOfEra / 100))
      local monthFromMarch = math.floor((5 * dayOfYear + 2) / 153)
      local first = math.floor((153 * monthFromMarch + 2) / 5)
      local nextFirst = math.floor((153 * (monthFromMarch + 1) + 2) / 5)
      local length = nextFirst - first
      if monthFromMarch == 11 then
        local year = yearOfEra + 1
        local isLeap = year % 4 == 0 and (year % 100 ~= 0 or year % 400 == 0)
        length = isLeap and 29 or 28
      end
      nextDay = day - (dayOfYear - first) + length
    end
    ttl = nextDay * 86400000 - seconds * 1000 - math.floor(tonumber(time[2]) / 1000)
  else
    ttl = tonumber(ARGV[1])
  end
end
local before = used + add
local left = limit - before
local taken = 0
if left >= need then taken = math.max(need, math.min(wanted, math.floor(left / tonumber(ARGV[6])))) end
if add + taken > 0 then
  local amount = string.format('%.0f', add + taken)
  if isNew then redis.call('SET', KEYS[1], amount, 'PX', string.format('%.0f', ttl))
  else redis.call('INCRBY', KEYS[1], amount) end
end
return {before, taken, ttl}
`;
