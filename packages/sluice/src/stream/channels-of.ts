/** The channel or the channels of a source, or of its feed. */
interface Channels {
  readonly channel?: string | undefined;
  readonly channels?: readonly string[] | undefined;
}

/** Returns the channels of a source, or of its feed: none, one, or those of a combined stream. */
export function channelsOf({ channel, channels }: Channels): readonly string[] {
  return channels ?? (channel === undefined ? [] : [channel]);
}
