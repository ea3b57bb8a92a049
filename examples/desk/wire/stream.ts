/** An open event stream of the signed-in user, as the server sees it. */
export interface StreamInfo {
  readonly id: string;
  /** The name that the client gave the stream (`?key=`), or null. */
  readonly key: string | null;
  readonly state: string;
  /** ISO 8601. */
  readonly openedAt: string;
  /** The last event ID from which the stream resumed, or null. */
  readonly resumedFrom: string | null;
  /** The channel's position when the stream opened, or null if the stream has no channel. */
  readonly positionAtOpen: string | null;
  /** Events sent. */
  readonly events: number;
  /** Bytes sent. */
  readonly bytes: number;
}

/** The response of `GET /api/streams`, oldest first. */
export interface StreamList {
  readonly streams: readonly StreamInfo[];
}
