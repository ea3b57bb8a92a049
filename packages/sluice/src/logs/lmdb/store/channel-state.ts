/** The ends and the size of a channel's log. */
export interface ChannelState {
  /** See {@link ChannelLog.first}. */
  readonly first: number;
  /** See {@link ChannelLog.last}. */
  readonly last: number;
  /** Bytes that the kept entries count against the retention. */
  readonly bytes: number;
  /** Number of lives the log has had. If it changes, the life must be read again. */
  readonly lifeCount: number;
}

const STATE_BYTES = 32;

/** Returns the state that a record holds; without a record, the state of a channel that has had no entry. */
export function readState(record: Buffer | undefined): ChannelState {
  if (record === undefined) return { first: 1, last: 0, bytes: 0, lifeCount: 0 };
  const [first, last, bytes, lifeCount] = [0, 8, 16, 24].map((at) => record.readDoubleBE(at)) as [
    number,
    number,
    number,
    number,
  ];
  return { first, last, bytes, lifeCount };
}

/** Returns the record of a state. */
export function stateValue({ first, last, bytes, lifeCount }: ChannelState): Buffer {
  const value = Buffer.alloc(STATE_BYTES);
  for (const [i, number] of [first, last, bytes, lifeCount].entries()) value.writeDoubleBE(number, i * 8);
  return value;
}
