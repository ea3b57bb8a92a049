/** Changes that the stream of changes keeps. A process that missed more reads all of its channels. */
const KEPT_CHANGES = 10_000;

/**
 * Notes in the stream KEYS[4] that the channel has changed, for processes that follow many channels. An append does not
 * fail if that is not possible: a check finds the entries later.
 */
export const NOTE_CHANGE: string = `redis.pcall('XADD', KEYS[4], 'MAXLEN', '~', ${KEPT_CHANGES}, '*', 'log', KEYS[1])`;
