import { ENTRY_OVERHEAD_BYTES } from "../../log.ts";
import { NO_LIMIT } from "./limit-text.ts";

/**
 * Entries that one call examines for trimming, besides twice the number that it appends. The limit keeps every call
 * short.
 */
export const TRIM_PER_CALL = 512;

/**
 * `now` returns the time of Redis's clock in ms, as text. The clocks of nodes may differ, so none is compared with it.
 * `trim` returns the new `first` and `bytes` of a log that is trimmed to its limits, and true if there is more to trim.
 * `cut` drops the entries. The caller writes the hash in between: a Redis that is out of memory refuses that write, and
 * then nothing has changed.
 */
export const TRIM: string = `
local function id(offset) return string.format('%.0f-0', offset) end
local function now()
  local time = redis.call('TIME')
  return string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
end
local function trim(first, last, bytes, events, most, oldest, through, count)
  local start, wanted, more = first, 1, true
  if through >= last then first = last + 1 end
  while first <= last do
    local excess = math.max(last - first + 1 - events, through - first + 1)
    if excess <= 0 and bytes <= most and oldest == 0 then more = false break end
    if first - start >= count then break end
    wanted = math.min(64, math.max(wanted, excess))
    local found = redis.call('XRANGE', KEYS[1], id(first), '+', 'COUNT', wanted)
    wanted = wanted * 2
    if #found == 0 then first = last + 1 end
    for _, entry in ipairs(found) do
      local offset, text = tonumber(string.match(entry[1], '^%d+')), entry[2][2]
      local young = oldest == 0 or tonumber(string.match(text, '^%[(%d+)')) >= oldest
      if last - offset + 1 <= events and offset > through and bytes <= most and young then
        first, more = offset, false
        break
      end
      bytes = bytes - #text - ${ENTRY_OVERHEAD_BYTES}
      first = offset + 1
    end
    if not more then break end
  end
  if first > last then bytes, more = 0, false end
  return first, bytes, more
end
local function cut(first, last)
  redis.call('XTRIM', KEYS[1], 'MINID', first > last and '=' or '~', id(first))
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', first - 1)
end
`;

/**
 * Trims the log. ARGV: the epoch, the limits of events, bytes and age (in ms), and the offset through which to
 * drop everything. Returns nothing if the log is in another epoch. Else returns first, last,
 * and 1 if the caller must call it again.
 */
export const DROP: string = `${TRIM}
local meta = redis.call('HMGET', KEYS[2], 'epoch', 'first', 'last', 'bytes')
if meta[1] ~= ARGV[1] then return {} end
local before, last, age = tonumber(meta[2]), tonumber(meta[3]), tonumber(ARGV[4])
local oldest = age < ${NO_LIMIT} and math.max(1, now() - age) or 0
local first, bytes, more = trim(before, last, tonumber(meta[4]),
  tonumber(ARGV[2]), tonumber(ARGV[3]), oldest, tonumber(ARGV[5]), ${TRIM_PER_CALL})
if first > before then
  redis.call('HSET', KEYS[2], 'first', first, 'bytes', bytes)
  cut(first, last)
end
return {first, last, more and 1 or 0}
`;
