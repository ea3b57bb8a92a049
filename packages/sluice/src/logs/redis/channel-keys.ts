/**
 * The keys of a channel: its stream, its hash, and the sorted set of publishers' own IDs. They share a hash tag, which
 * keeps them in one slot.
 */
export type ChannelKeys = readonly [log: string, meta: string, ids: string];

/** Returns the keys of a channel. The channel's name is encoded, so none of its characters can end the hash tag. */
export function channelKeys(prefix: string, channel: string): ChannelKeys {
  const name = `${prefix}{${encodeURIComponent(channel)}}`;
  return [`${name}:log`, `${name}:meta`, `${name}:ids`];
}

/** The keys that all channels share. No channel's keys are among them: its name is in a hash tag. */
export interface SharedKeys {
  /** A hash of the epochs of deleted lives, by their slot. */
  readonly deleted: string;
  /** A stream that names the channels to which something was appended, newest last. */
  readonly changes: string;
  /** A hash of the timeline, and of the number of the newest visit. */
  readonly timeline: string;
  /** A sorted set of the nodes, by the number of their last visit. */
  readonly nodes: string;
}

export function sharedKeys(prefix: string): SharedKeys {
  return {
    deleted: `${prefix}deleted`,
    changes: `${prefix}changes`,
    timeline: `${prefix}timeline`,
    nodes: `${prefix}nodes`,
  };
}
