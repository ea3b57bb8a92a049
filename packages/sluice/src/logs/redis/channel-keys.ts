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

/**
 * Returns the key of the hash that keeps the epochs of deleted lives, by their slot. No channel's name ends before its
 * hash tag.
 */
export function deletedKey(prefix: string): string {
  return `${prefix}deleted`;
}
