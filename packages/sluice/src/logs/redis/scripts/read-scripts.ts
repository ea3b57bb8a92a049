import { ENTRY_OVERHEAD_BYTES } from "../../log.ts";

/** Number of entries of one channel that one call returns at most. */
const READ_PER_CALL = 512;

/**
 * `page` adds the texts of entries to `answer`, from the offset `offset` on: at most `events`, none once they have
 * `enough` bytes, and never more than `most` bytes. Returns the log's `first`, the bytes added, and the size of the
 * first entry if that entry alone has more than `most`. If another program deleted entries, the log drops everything
 * before the hole: a log must have no holes.
 */
const PAGE = `
local function id(offset) return string.format('%.0f-0', offset) end
local function page(answer, log, meta, ends, offset, events, enough, most)
  local first, last, start, bytes = tonumber(ends[2]), tonumber(ends[3]), offset, 0
  if offset < first then return first, 0, 0 end
  local average = (tonumber(ends[4]) or 0) / math.max(1, last - first + 1)
  local wanted = math.max(1, math.min(64, math.ceil(enough / math.max(1, average))))
  events = math.min(events, ${READ_PER_CALL})
  while events > 0 and bytes < enough and offset <= last do
    local found = redis.call('XRANGE', log, id(offset), '+', 'COUNT', math.min(events, wanted))
    local next = found[1] and tonumber(string.match(found[1][1], '^%d+')) or last + 1
    if next > offset then
      if offset == start then
        first = next
        redis.call('HSET', meta, 'first', next)
      end
      break
    end
    for _, entry in ipairs(found) do
      if offset > last or bytes >= enough or entry[1] ~= id(offset) then return first, bytes, 0 end
      local size = #entry[2][2] + ${ENTRY_OVERHEAD_BYTES}
      if bytes + size > most then return first, bytes, offset == start and size or 0 end
      answer[#answer + 1] = entry[2][2]
      bytes = bytes + size
      offset = offset + 1
      events = events - 1
    end
  end
  return first, bytes, 0
end
local function ends(meta) return redis.call('HMGET', meta, 'epoch', 'first', 'last', 'bytes') end
`;

/**
 * Reads entries of one channel. ARGV: the offset after which to read, the number of entries, the bytes after which to
 * stop, and the bytes that it may return at most. Returns epoch, first, last, the size of the first entry if that alone
 * has more bytes, and the texts.
 */
export const READ: string = `${PAGE}
local found = ends(KEYS[2])
if not found[1] then return {} end
local answer = {found[1], 0, tonumber(found[3]), 0}
local first, _, size = page(answer, KEYS[1], KEYS[2], found,
  tonumber(ARGV[1]) + 1, tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]))
answer[2], answer[4] = first, size
return answer
`;

/**
 * Reads the new entries of many channels, whose streams and hashes are the KEYS in pairs. ARGV: the bytes of all
 * entries, the bytes after which to go on to the next channel, and for each channel the offset after which to read.
 * Returns the number of channels that it examined before the bytes were used up; the size of the next entry if that
 * alone has more bytes; and a list for each channel with new entries: its index, epoch, first, last, and the texts.
 */
export const FOLLOW: string = `${PAGE}
local most, share = tonumber(ARGV[1]), tonumber(ARGV[2])
local left, answer = most, {0, 0}
for i = 1, #KEYS / 2 do
  local log, meta = KEYS[2 * i - 1], KEYS[2 * i]
  local found, after = ends(meta), tonumber(ARGV[i + 2])
  if found[1] and tonumber(found[3]) > after then
    local part = {i - 1, found[1], 0, tonumber(found[3])}
    local first, bytes, size = page(part, log, meta, found,
      math.max(after + 1, tonumber(found[2])), ${READ_PER_CALL}, math.min(share, left), left)
    if size > 0 then
      if left == most then answer[2] = size end
      return answer
    end
    part[3] = first
    left = left - bytes
    answer[#answer + 1] = part
  end
  answer[1] = i
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
