import { NOTE_DELETION } from "./note-change.ts";

/**
 * Deletes the log of a channel if it is in the epoch ARGV[1]. Returns the epoch of another life, or `nil` if there is
 * none any more.
 */
export const DELETE: string = `
local epoch = redis.call('HGET', KEYS[2], 'epoch')
if epoch and epoch ~= ARGV[1] then return epoch end
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
${NOTE_DELETION}
return false
`;
