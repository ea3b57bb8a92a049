/** Changes that the stream of changes keeps. A process that missed more reads all of its channels. */
const KEPT_CHANGES = 10_000;

/**
 * Notes in the stream KEYS[4] that the channel has changed, for processes that follow many channels. `position` adds
 * more fields. The caller does not fail if that is not possible: a check finds the entries later.
 */
function note(position: string): string {
  return `redis.pcall('XADD', KEYS[4], 'MAXLEN', '~', ${KEPT_CHANGES}, '*', 'log', KEYS[1]${position})`;
}

/** Notes that the channel's log ends at the offset `last` of the epoch ARGV[1]. */
export const NOTE_APPEND: string = note(", 'last', string.format('%.0f', last), 'epoch', ARGV[1]");

/** Notes that the channel was deleted. */
export const NOTE_DELETION: string = note("");
