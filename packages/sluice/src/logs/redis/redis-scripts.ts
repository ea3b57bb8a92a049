import { ENTRY_OVERHEAD_BYTES } from "../log.ts";

/*
 * What happens in Redis in one step. Each script has the keys of one channel: `log` (a stream with the IDs `1-0`, `2-0` …, each entry one field
 * whose name is the epoch it was appended in), `meta` (a hash: epoch, life, first, last, bytes) and `ids` (a sorted set: the publisher's own
 * IDs by offset). `first` in `meta` is what counts: the stream may still have older entries, since whole nodes of it are cheaper to drop.
 */

/** Entries looked at to be dropped by one call, besides as many again as it appends: no call may keep Redis for long. */
const TRIM_PER_CALL = 512;

/**
 * `trim` finds what `first` and `bytes` are once everything beyond a limit is dropped, and whether that is not all yet; `cut` drops it. The hash is
 * written in between: a Redis that is out of memory refuses that, and then nothing was done.
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
 * Appends in the epoch ARGV[1], and keeps to the limits of events and bytes. Then text and own ID ("" for none) of each entry. Answers nothing in another
 * epoch, else first, last before and after, and for each entry that was there already its number and its offset.
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
  answer[1], bytes = trim(first, last, bytes, tonumber(ARGV[2]), tonumber(ARGV[3]), 0, 0, ${TRIM_PER_CALL} + 2 * (last - answer[2]))
  redis.call('HSET', KEYS[2], 'first', answer[1], 'last', last, 'bytes', bytes)
  if answer[1] > first then cut(answer[1], last) end
end
return answer
`;

/**
 * Drops, in the epoch ARGV[1], what is beyond the limits of events, bytes and age (the oldest time allowed, 0 for any) and everything up to an offset.
 * Answers nothing in another epoch, else first, last, and 1 if it is to be called again.
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

/** Entries read by one call at most. */
const READ_PER_CALL = 512;

/**
 * Entries after the offset ARGV[1]: at most so many, and no more once they amount to so many bytes. Answers epoch, first, last, and their texts.
 * Where entries are missing that were never trimmed (somebody deleted them), everything before is given up: a hole would be a lie.
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
 * The ends of the log, and its life unless that is the epoch ARGV[1]. Where the hash is missing, they are what the stream says; where the
 * stream is missing, everything was trimmed.
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

const LOOK = `${ENDS}
local first, last, life, epoch = ends()
if epoch ~= '' and epoch == ARGV[1] then return {first, last} end
return {first, last, life}
`;

/**
 * Begins the life ARGV[2] with the epoch ARGV[3], if the one that is there is still ARGV[1]. Answers like LOOK. Everything that the life before has
 * appended until now is still there, also what came since somebody looked.
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

/** The offset of the entry with the publisher's own ID ARGV[1], or nothing, after the epoch that it is of. */
const FIND = `
local meta = redis.call('HMGET', KEYS[2], 'epoch', 'first')
local at = redis.call('ZSCORE', KEYS[3], ARGV[1])
if not at or tonumber(at) < tonumber(meta[2] or 1) then return {meta[1]} end
return {meta[1], tonumber(at)}
`;

export type ScriptName = "append" | "drop" | "read" | "look" | "begin" | "find";

/** Each script by its name. */
export const SCRIPTS: Readonly<Record<ScriptName, string>> = {
  append: APPEND,
  drop: DROP,
  read: READ,
  look: LOOK,
  begin: BEGIN,
  find: FIND,
};

export const SCRIPT_NAMES: readonly ScriptName[] = Object.keys(SCRIPTS) as ScriptName[];

/** Stands for "no limit" in a script, which has no Infinity of its own in its arguments. */
export const NO_LIMIT = "1e300";

/** A limit as scripts take it. */
export function limitText(limit: number): string {
  return limit === Number.POSITIVE_INFINITY ? NO_LIMIT : String(limit);
}
