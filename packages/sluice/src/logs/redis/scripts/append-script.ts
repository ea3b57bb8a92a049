import { ENTRY_OVERHEAD_BYTES } from "../../log.ts";
import { NOTE_APPEND } from "./note-change.ts";
import { TRIM, TRIM_PER_CALL } from "./trim-script.ts";

/**
 * Appends entries, and trims the log to its limits. ARGV: the epoch, the newest offset that the caller has seen, the
 * limits of events and bytes, then text and mark of each entry ({@link AppendCall.args}). The texts begin with the time
 * 0, which the script replaces by Redis's time: ages are compared with that clock only. Returns nothing if the caller
 * must look up the life: the log is in another epoch, ends before that offset, or its stream is ahead of its hash. Else
 * returns first, last before and after, and the time. If the log holds an own ID of an append, the script appends none
 * of its entries, and adds a pair for each: its index, and the offset that the log holds for its own ID, or 0.
 *
 * Redis does not undo a script that fails. So the script first tries every command that it will need, in a form that
 * changes nothing: a missing permission or a key of another type then fails before anything is written. After the first
 * write, Redis refuses none for lack of memory.
 */
export const APPEND: string = `${TRIM}
local meta = redis.call('HMGET', KEYS[2], 'epoch', 'first', 'last', 'bytes')
if meta[1] ~= ARGV[1] then return {} end
local first, last, bytes = tonumber(meta[2]), tonumber(meta[3]), tonumber(meta[4])
if last < tonumber(ARGV[2]) then return {} end
local time = now()
local size, owns = 0, false
for i = 5, #ARGV, 2 do
  size = size + #ARGV[i] + #time + ${ENTRY_OVERHEAD_BYTES}
  owns = owns or string.find(ARGV[i + 1], '=', 1, true)
end
redis.call('HSET', KEYS[2], 'last', meta[3])
if owns then redis.call('ZADD', KEYS[3], 'XX', 0, '') end
if last - first + 1 + (#ARGV - 4) / 2 > tonumber(ARGV[3]) or bytes + size > tonumber(ARGV[4]) then
  redis.call('XRANGE', KEYS[1], '-', '-', 'COUNT', 1)
  redis.call('XTRIM', KEYS[1], 'MINID', '=', '0-0')
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', '-inf')
end
local answer = {first, last, last, tonumber(time)}
local function own(i)
  return ARGV[i + 1] ~= '' and string.match(ARGV[i + 1], '=.*')
end
local function held(i)
  local at = own(i) and tonumber(redis.call('ZSCORE', KEYS[3], own(i)))
  return at and at <= last and at or 0
end
local refused, stop = false, 5
for i = 5, #ARGV, 2 do
  if i == stop then
    stop, refused = i + 2 * (tonumber(string.match(ARGV[i + 1], '^%d+')) or 1), false
    for j = i, owns and stop - 1 or 0, 2 do refused = refused or held(j) > 0 end
  end
  if refused then
    answer[#answer + 1] = (i - 5) / 2
    answer[#answer + 1] = held(i)
  else
    local text = '[' .. time .. string.sub(ARGV[i], 3)
    local added = redis.pcall('XADD', KEYS[1], id(last + 1), ARGV[1], text)
    if type(added) == 'table' and added.err then
      if string.find(added.err, 'equal or smaller') then return {} end
      return added
    end
    last = last + 1
    if own(i) then redis.call('ZADD', KEYS[3], last, own(i)) end
    bytes = bytes + #text + ${ENTRY_OVERHEAD_BYTES}
  end
end
if last > answer[2] then
  answer[3] = last
  local count = ${TRIM_PER_CALL} + 2 * (last - answer[2])
  answer[1], bytes = trim(first, last, bytes, tonumber(ARGV[3]), tonumber(ARGV[4]), 0, 0, count)
  redis.call('HSET', KEYS[2], 'first', answer[1], 'last', last, 'bytes', bytes)
  if answer[1] > first then cut(answer[1], last) end
  ${NOTE_APPEND}
end
return answer
`;
