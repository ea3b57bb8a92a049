import { ENTRY_OVERHEAD_BYTES } from "../../log.ts";

/**
 * Batches of 64 entries that one call examines beyond the hash's `last`. Redis executes nothing else meanwhile. If
 * there are more, the caller's next look continues.
 */
const SETTLE_BATCHES = 500;

/**
 * Finds the ends of the log. If the hash is missing, takes them from the stream. If the stream is missing, everything
 * was trimmed.
 *
 * `settle` makes the hash agree with a stream that is ahead of it: another program wrote to the stream, or the two keys
 * were copied at different moments. Entries of the current epoch that follow `last` belong to the log; nodes may have
 * delivered them already. If there are other entries of a log, an operator has replaced the stream: then the life is
 * over, and the next look begins one that has them. Everything else is removed. Returns the new `last`, the number of
 * removed entries, and false if the life is over.
 */
const ENDS = `
local function id(offset) return string.format('%.0f-0', offset) end
local function beyond(offset) return string.format('%.0f-1', offset) end
local function settle(last, epoch)
  local before, bytes, removed, valid = last, 0, 0, true
  for _ = 1, ${SETTLE_BATCHES} do
    local found = redis.call('XRANGE', KEYS[1], beyond(last), '+', 'COUNT', 64)
    for _, entry in ipairs(found) do
      local fields = entry[2]
      local ours = #fields == 2 and string.find(fields[2], '^%[%d+,') and string.find(entry[1], '%-0$')
      if not ours then
        removed = removed + redis.call('XDEL', KEYS[1], entry[1])
      elseif entry[1] == id(last + 1) and fields[1] == epoch then
        last, bytes = last + 1, bytes + #fields[2] + ${ENTRY_OVERHEAD_BYTES}
        local known, head = pcall(cjson.decode, string.match(fields[2], '^[^\\n]*'))
        if known and type(head[5]) == 'string' then redis.call('ZADD', KEYS[3], last, '=' .. head[5]) end
      else
        valid = false
        break
      end
    end
    if #found < 64 or not valid then break end
  end
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '(' .. last, '+inf')
  if last > before then
    redis.call('HSET', KEYS[2], 'last', last)
    redis.call('HINCRBY', KEYS[2], 'bytes', bytes)
  end
  if valid then redis.call('XSETID', KEYS[1], id(last)) else redis.call('HDEL', KEYS[2], 'life', 'epoch') end
  return last, removed, valid
end
local function newest()
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return tonumber(string.match(info[i + 1], '^%d+')) end
  end
end
local function ends(whole)
  local meta = redis.call('HMGET', KEYS[2], 'life', 'first', 'last', 'epoch')
  local life, epoch = meta[1] or '', meta[4] or ''
  local there = redis.call('EXISTS', KEYS[1]) == 1
  local first, last, removed = tonumber(meta[2] or 1), tonumber(meta[3] or 0), 0
  if there and life ~= '' then
    local ahead = #redis.call('XRANGE', KEYS[1], beyond(last), '+', 'COUNT', 1) > 0
    if ahead or whole and newest() > last then
      local valid
      last, removed, valid = settle(last, epoch)
      if not valid then life, epoch = '', '' end
    end
  end
  if there and life == '' then
    local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
    last = newest()
    first = oldest and tonumber(string.match(oldest[1], '^%d+')) or last + 1
  end
  if life ~= '' and not there and first <= last then
    first = last + 1
    redis.call('HSET', KEYS[2], 'first', first, 'bytes', 0)
  end
  return first, last, life, epoch, removed
end
`;

/**
 * Returns first, last, the life or `nil` if it has the epoch ARGV[1], the number of entries of other programs that it
 * removed, and a list. The other ARGV are pairs: the offset of an entry, and the beginning of its text. For each pair,
 * the list has 1 if another entry is at the offset, and 0 if it is the same or is gone.
 */
export const READ_ENDS: string = `${ENDS}
local first, last, life, epoch, removed = ends(ARGV[1] == '')
if epoch ~= '' and epoch == ARGV[1] then life = false end
local replaced = {}
for i = 2, #ARGV, 2 do
  local entry = redis.call('XRANGE', KEYS[1], id(ARGV[i]), id(ARGV[i]))[1]
  local text = entry and entry[2][2]
  replaced[i / 2] = text and string.sub(text, 1, #ARGV[i + 1]) ~= ARGV[i + 1] and 1 or 0
end
return {first, last, life, removed, replaced}
`;

/**
 * Begins the life ARGV[2], with the epoch ARGV[3], if the current life is still ARGV[1]. Returns first, last and the
 * life. The new life holds every entry of the previous one, also entries appended since the caller read the ends.
 */
export const BEGIN: string = `${ENDS}
local first, last, life = ends(false)
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
