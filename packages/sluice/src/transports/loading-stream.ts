import type { FeedSource } from "../stream/feed.ts";
import type { StreamOptions } from "../stream/opening/stream-options.ts";
import { PendingStream } from "../stream/pending-stream.ts";
import type { Source } from "../stream/source/source.ts";
import type { StreamHub } from "../stream/stream-hub.ts";

interface LoadingStreamSetup {
  readonly source: Source;
  readonly options: StreamOptions;
  readonly remoteAddress: string | undefined;
}

/** A request that waits until the code of streams is loaded. */
export class LoadingStream extends PendingStream {
  readonly remoteAddress: string | undefined;
  readonly #hub: StreamHub;

  constructor(hub: StreamHub, { source, options, remoteAddress }: LoadingStreamSetup) {
    super(hub, options.subscriber);
    this.#hub = hub;
    // As `channelsOf` does, which is loaded with the code of streams.
    const { channel, channels = channel === undefined ? [] : [channel] } = source as FeedSource;
    this.channels = channels;
    this.remoteAddress = remoteAddress;
    hub.loading.add(this);
  }

  /** Ends the wait. The request is refused once loading has ended. */
  close(): void {
    this.#hub.loading.delete(this);
  }
}
