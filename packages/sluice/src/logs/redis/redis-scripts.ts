import { ENTRY_OVERHEAD_BYTES } from "../log.ts";

/*
 * The scripts that Redis runs atomically. Each script receives the keys of one channel:
 * - `log`: a stream with the IDs `1-0`, `2-0` …. Each entry has one field, whose name is the epoch of the append.
 * - `meta`: a hash with epoch, life, first, last and bytes.
 * - `ids`: a sorted set of publishers' own IDs, scored by offset.
 *
 * Entries before `first` of `meta` do not exist for readers. The stream may still hold some: dropping whole nodes of it
 * is cheaper.
 */

/**
 * Entries that one call examines for trimming, besides twice the number that it appends. The limit keeps every call
 * short.
 */
const TRIM_PER_CALL = 512;

/**
 * `trim` returns the new `first` and `bytes` of a log that is trimmed to its limits, and true if there is more to trim.
 * `cut` drops the entries. The caller writes the hash in between: a Redis that is out of memory refuses that write, and
 * then nothing has changed.
 */
const TRIM = `
local function id(offset) return string.format('%.0f-0', offset) end
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
 * Appends entries, and trims the log to its limits. ARGV: the epoch, the limits of events and bytes, then text and own
 * ID ("" for none) of each entry. Returns nothing if the log is in another epoch. Else returns first, last before and
 * after, and a pair for each entry whose own ID the log already had: its index and its offset.
 */
const APPEND = `${TRIM}
local meta = redis.call('HMGET', KEYS[2], 'epoch', 'first', 'last', 'bytes')
if meta[1] ~= ARGV[1] then return {} end
local first, last, bytes = tonumber(meta[2]), tonumber(meta[3]), tonumber(meta[4])
local answer = {first, last, last}
for i = 4, #ARGV, 2 do
  local text, own = ARGV[i], ARGV[i + 1]
  local at = own ~= '' and redis.call('ZSCORE', KEYS[3], own)
  if at then
    answer[#answer + 1] = (i - 4) / 2
    answer[#answer + 1] = tonumber(at)
  else
    last = last + 1
    redis.call('XADD', KEYS[1], id(last), ARGV[1], text)
    if own ~= '' then redis.call('ZADD', KEYS[3], last, own) end
    bytes = bytes + #text + ${ENTRY_OVERHEAD_BYTES}
  end
end
if last > answer[2] then
  answer[3] = last
  local count = ${TRIM_PER_CALL} + 2 * (last - answer[2])
  answer[1], bytes = trim(first, last, bytes, tonumber(ARGV[2]), tonumber(ARGV[3]), 0, 0, count)
  redis.call('HSET', KEYS[2], 'first', answer[1], 'last', last, 'bytes', bytes)
  if answer[1] > first then cut(answer[1], last) end
end
return answer
`;

/**
 * Trims the log. ARGV: the epoch, the limits of events and bytes, the oldest time to keep (0 for no limit), and the
 * offset through which to drop everything. Returns nothing if the log is in another epoch. Else returns first, last,
 * and 1 if the caller must call it again.
 */
const DROP = `${TRIM}
local meta = redis.call('HMGET', KEYS[2], 'epoch', 'first', 'last', 'bytes')
if meta[1] ~= ARGV[1] then return {} end
local before, last = tonumber(meta[2]), tonumber(meta[3])
local first, bytes, more = trim(before, last, tonumber(meta[4]),
  tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5]), ${TRIM_PER_CALL})
if first > before then
  redis.call('HSET', KEYS[2], 'first', first, 'bytes', bytes)
  cut(first, last)
end
return {first, last, more and 1 or 0}
`;

/** Number of entries that one call returns at most. */
const READ_PER_CALL = 512;

/**
 * Reads entries. ARGV: the offset after which to read, the number of entries, and the number of bytes after which to
 * stop. Returns epoch, first, last, and the texts. If another program deleted entries, the log drops everything before
 * the hole: a log must have no holes.
 */
const READ = `
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

/**
 * Finds the ends of the log. If the hash is missing, takes them from the stream. If the stream is missing, everything
 * was trimmed.
 */
const ENDS = `
local function ends()
  local meta = redis.call('HMGET', KEYS[2], 'life', 'first', 'last', 'epoch')
  local there = redis.call('EXISTS', KEYS[1]) == 1
  local first, last = tonumber(meta[2] or 1), tonumber(meta[3] or 0)
  if there and not meta[1] then
    local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
    local info = redis.call('XINFO', 'STREAM', KEYS[1])
    for i = 1, #info, 2 do
      if info[i] == 'last-generated-id' then last = tonumber(string.match(info[i + 1], '^%d+')) end
    end
    first = oldest and tonumber(string.match(oldest[1], '^%d+')) or last + 1
  end
  if meta[1] and not there and first <= last then
    first = last + 1
    redis.call('HSET', KEYS[2], 'first', first, 'bytes', 0)
  end
  return first, last, meta[1] or '', meta[4] or ''
end
`;

/** Returns first and last, and also the life unless it has the epoch ARGV[1]. */
const READ_ENDS = `${ENDS}
local first, last, life, epoch = ends()
if epoch ~= '' and epoch == ARGV[1] then return {first, last} end
return {first, last, life}
`;

/**
 * Begins the life ARGV[2], with the epoch ARGV[3], if the current life is still ARGV[1]. Returns first, last and the
 * life. The new life holds every entry of the previous one, also entries appended since the caller read the ends.
 */
const BEGIN = `${ENDS}
local first, last, life = ends()
if life ~= ARGV[1] then return {first, last, life} end
local begun = cjson.decode(ARGV[2])
life = ARGV[2]
if begun.former[1] and begun.former[1][2] < last then
  begun.former[1][2] = last
  life = cjson.encode(begun)
end
redis.call('HSET', KEYS[2], 'life', life, 'epoch', ARGV[3], 'first', first, 'last', last)
redis.call('HSETNX', KEYS[2], 'bytes', 0)
return {first, last, life}
`;

/** Returns the epoch and, if there is one, the offset of the entry with the publisher's own ID ARGV[1]. */
const FIND = `
local meta = redis.call('HMGET', KEYS[2], 'epoch', 'first')
local at = redis.call('ZSCORE', KEYS[3], ARGV[1])
if not at or tonumber(at) < tonumber(meta[2] or 1) then return {meta[1]} end
return {meta[1], tonumber(at)}
`;

export type ScriptName = "append" | "drop" | "read" | "ends" | "begin" | "find";

/** The scripts, by name. */
export const SCRIPTS: Readonly<Record<ScriptName, string>> = {
  append: APPEND,
  drop: DROP,
  read: READ,
  ends: READ_ENDS,
  begin: BEGIN,
  find: FIND,
};

export const SCRIPT_NAMES: readonly ScriptName[] = Object.keys(SCRIPTS) as ScriptName[];

/** "No limit" as an argument of a script: Lua has no portable way to read `Infinity` from text. */
export const NO_LIMIT = "1e300";

/** Returns a limit as an argument of a script. */
export function limitText(limit: number): string {
  return limit === Number.POSITIVE_INFINITY ? NO_LIMIT : String(limit);
}
