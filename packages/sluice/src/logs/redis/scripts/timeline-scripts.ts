/** A node is forgotten if others have made this many visits since its last one. So this many are kept at most. */
const KEPT_VISITS = 10_000;

/**
 * Visits the store. KEYS: the hash of the timeline, and the sorted set of the nodes by their last visit. ARGV: the
 * node, the number of its last visit or 0, "1" to count this visit, and the timeline to begin if there is none. Returns
 * 1 if the store has an earlier visit of the node, so that it went back in time, else 0; the number of the node's visit
 * and of the newest one; and the timeline. A visit that Redis refuses to write
 * is not counted, since it must not stop a reader.
 */
export const VISIT: string = `
local found = redis.call('HMGET', KEYS[1], 'timeline', 'newest')
local timeline, newest = found[1], tonumber(found[2] or 0)
local number, before = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]) or 0), tonumber(ARGV[2])
local forgotten = number == 0 and before <= newest - ${KEPT_VISITS}
if number < before and not forgotten then return {1, number, newest, timeline or ''} end
if ARGV[3] == '1' or not timeline or number <= newest - ${KEPT_VISITS / 2} then
  local next = math.max(newest, number) + 1
  timeline = timeline or ARGV[4]
  redis.pcall('HSET', KEYS[1], 'timeline', timeline, 'newest', string.format('%.0f', next))
  local added = redis.pcall('ZADD', KEYS[2], next, ARGV[1])
  if type(added) ~= 'table' then
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', next - ${KEPT_VISITS})
    number, newest = next, next
  end
end
return {0, number, newest, timeline}
`;

/** Begins the timeline ARGV[2] if the current one is ARGV[1]. KEYS: as for the visit. */
export const DECLARE: string = `
if (redis.call('HGET', KEYS[1], 'timeline') or '') == ARGV[1] then
  redis.call('HSET', KEYS[1], 'timeline', ARGV[2])
end
return 1
`;
