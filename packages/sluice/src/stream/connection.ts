/** Names of the subscriber behind a stream, for `connections()` and `disconnect()`. The server sets them. */
export interface Subscriber {
  /** ID of the subscriber itself. */
  readonly id?: string;
  /** The user on whose behalf it subscribes. */
  readonly user?: string;
  readonly [label: string]: unknown;
}

/** A description of one open event stream, for operators of the server. */
export interface Connection {
  /** Unique among all streams of all processes. */
  readonly id: string;
  readonly subscriber: Subscriber | undefined;
  /** The channel that the stream follows. `undefined` if it follows none, or several. */
  readonly channel: string | undefined;
  /** All channels that the stream follows: several if it is combined. */
  readonly channels: readonly string[];
  /** Topics of its subscription; those of all parts if it is combined. */
  readonly topics: readonly string[] | "*" | undefined;
  /**
   * `live`: the stream has received everything. `lagging`: it is still reading older events. `opening`: its source is
   * still being opened, which only `disconnect()` shows, to a selector that is a function.
   */
  readonly state: "live" | "lagging" | "opening";
  /** The `Last-Event-ID` with which the subscriber would reconnect now. Only for streams on channels. */
  readonly lastEventId: string | undefined;
  readonly openedAt: Date;
  readonly remoteAddress: string | undefined;
  /** Number of events written to the stream. */
  readonly events: number;
  /** Number of bytes written to the stream, including their framing. */
  readonly bytes: number;
}
