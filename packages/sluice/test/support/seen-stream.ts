import { gunzipSync, constants as zlib } from "node:zlib";
import { createParser, type ParsedEvent } from "../../src/protocol/parser.ts";

/** A body of an event stream as a client has seen it so far. */
export class SeenStream {
  readonly events: ParsedEvent[] = [];
  readonly comments: string[] = [];
  readonly retries: number[] = [];
  /** The body's bytes as they came, still compressed where they were; only with `keep`. */
  readonly pieces: Uint8Array[] = [];
  bytes = 0;
  readonly #keep: boolean;
  readonly #parser = createParser({
    onEvent: (event) => this.events.push(event),
    onComment: (comment) => this.comments.push(comment),
    onRetry: (retry) => this.retries.push(retry),
  });

  constructor({ keep = false } = {}) {
    this.#keep = keep;
  }

  /** What the client would send to resume. */
  get lastEventId(): string {
    return this.#parser.lastEventId;
  }

  /** The data of the events, which is JSON. */
  get data(): unknown[] {
    return this.events.map(({ data }) => JSON.parse(data));
  }

  /** The whole body; only with `keep`. */
  get body(): Buffer {
    return Buffer.concat(this.pieces);
  }

  push(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    if (this.#keep) this.pieces.push(bytes);
    else this.#parser.push(bytes);
  }
}

/** Reads a gzip body that need not be at its end. */
export function readGzip(body: Uint8Array): SeenStream {
  const seen = new SeenStream();
  if (body.length > 10) seen.push(gunzipSync(body, { finishFlush: zlib.Z_SYNC_FLUSH }));
  return seen;
}
