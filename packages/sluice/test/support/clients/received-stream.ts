import { gunzipSync, constants as zlib } from "node:zlib";
import { createParser, type ParsedEvent } from "../../../src/protocol/parser.ts";

/** The body of an event stream, as far as a client has received it. */
export class ReceivedStream {
  readonly events: ParsedEvent[] = [];
  readonly comments: string[] = [];
  readonly retries: number[] = [];
  /** The bytes of the body, compressed if it is compressed. Only with `keep`. */
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

  /** The `Last-Event-ID` that the client would send to resume. */
  get lastEventId(): string {
    return this.#parser.lastEventId;
  }

  /** The data of the events, parsed as JSON. */
  get data(): unknown[] {
    return this.events.map(({ data }) => JSON.parse(data));
  }

  /** The whole body. Only with `keep`. */
  get body(): Buffer {
    return Buffer.concat(this.pieces);
  }

  push(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    if (this.#keep) this.pieces.push(bytes);
    else this.#parser.push(bytes);
  }
}

/** Reads a gzip body, complete or not. */
export function readGzip(body: Uint8Array): ReceivedStream {
  const seen = new ReceivedStream();
  if (body.length > 10) seen.push(gunzipSync(body, { finishFlush: zlib.Z_SYNC_FLUSH }));
  return seen;
}
