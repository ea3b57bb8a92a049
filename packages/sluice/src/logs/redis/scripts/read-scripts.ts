import { ENTRY_OVERHEAD_BYTES } from "../../log.ts";

/** Number of entries that one call returns at most. */
const READ_PER_CALL = 512;

/**
 * Reads entries. ARGV: the offset after which to read, the number of entries, and the number of bytes after which to
 * stop. Returns epoch, first, last, and the texts. If another program deleted entries, the log drops everything before
 * the hole: a log must have no holes.
 */
export const READ: string = `
local meta = redis.call('HMGET', KEYS[2], 'epoch', 'first', 'last')
if not meta[1] then return {} end
local first, last = tonumber(meta[2]), tonumber(meta[3])
local answer = {meta[1], first, last}
local offset = tonumber(ARGV[1]) + 1
if offset < first then return answer end
local left, bytes, wanted = math.min(tonumber(ARGV[2]), ${READ_PER_CALL}), tonumber(ARGV[3]), 8
while left > 0 and bytes > 0 and offset <= last do
  local found = redis.call('XRANGE', KEYS[1], string.format('%.0f-0', offset), '+', 'COUNT', math.min(left, wanted))
  local next = found[1] and tonumber(string.match(found[1][1], '^%d+')) or last + 1
  if next > offset then
    if #answer == 3 then
      answer[2] = next
      redis.call('HSET', KEYS[2], 'first', next)
    end
    break
  end
  for _, entry in ipairs(found) do
    if entry[1] ~= string.format('%.0f-0', offset) or bytes <= 0 then return answer end
    answer[#answer + 1] = entry[2][2]
    bytes = bytes - #entry[2][2] - ${ENTRY_OVERHEAD_BYTES}
    offset = offset + 1
    left = left - 1
  end
  wanted = math.min(64, wanted * 2)
end
return answer
`;

/** Returns the epoch and, if there is one, the offset of the entry with the publisher's own ID ARGV[1]. */
export const FIND: string = `
local meta = redis.call('HMGET', KEYS[2], 'epoch', 'first', 'last')
local at = tonumber(redis.call('ZSCORE', KEYS[3], ARGV[1]) or 0)
if at < tonumber(meta[2] or 1) or at > tonumber(meta[3] or 0) then return {meta[1]} end
return {meta[1], at}
`;
