import { ReceivedStream } from "./received-stream.ts";

/** One response on a connection of HTTP/1, parsed from its bytes. */
export class RawResponse {
  status = 0;
  readonly version: string = "";
  readonly headers: Record<string, string> = {};
  readonly stream: ReceivedStream;
  /** True once the body was read to its end, according to its framing. */
  complete = false;
  /** Sizes of the chunks of a chunked body. */
  readonly chunks: number[] = [];
  #head: string | undefined;
  #rest: Buffer = Buffer.alloc(0);
  /** Bytes left of the body or the current chunk; `Infinity`: up to the end of the connection. */
  #left = 0;
  #chunked = false;
  readonly #method: string;

  constructor(method: string, keep: boolean) {
    this.#method = method;
    this.stream = new ReceivedStream({ keep });
  }

  get hasHead(): boolean {
    return this.#head !== undefined;
  }

  /** Parses bytes. Returns the bytes after this response. */
  push(bytes: Buffer): Buffer {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    if (!this.hasHead) this.#readHead();
    while (this.hasHead && !this.complete && this.#rest.length > 0 && this.#readBody());
    return this.complete ? this.#take(this.#rest.length) : Buffer.alloc(0);
  }

  /** Called when the connection has ended. */
  finish(): void {
    if (this.hasHead && this.#left === Number.POSITIVE_INFINITY) this.complete = true;
  }

  #readHead(): void {
    const end = this.#rest.indexOf("\r\n\r\n");
    if (end < 0) return;
    this.#head = this.#take(end + 4).toString("latin1");
    const [first = "", ...lines] = this.#head.trimEnd().split("\r\n");
    this.status = Number(first.split(" ")[1]);
    Object.assign(this, { version: first.split(" ")[0] });
    for (const line of lines) {
      const colon = line.indexOf(":");
      const name = line.slice(0, colon).toLowerCase();
      const value = line.slice(colon + 1).trim();
      this.headers[name] = name in this.headers ? `${this.headers[name]}, ${value}` : value;
    }
    const { "transfer-encoding": coding, "content-length": length } = this.headers;
    this.#chunked = coding === "chunked";
    if (this.#method === "HEAD" || this.status === 204 || (length === "0" && !this.#chunked)) this.complete = true;
    else if (!this.#chunked) this.#left = length === undefined ? Number.POSITIVE_INFINITY : Number(length);
  }

  /** Reads a part of the body. Returns true if there may be more to read. */
  #readBody(): boolean {
    if (this.#chunked && this.#left === 0) return this.#readChunkSize();
    const bytes = this.#take(Math.min(this.#left, this.#rest.length));
    this.stream.push(bytes);
    this.#left -= bytes.length;
    if (!this.#chunked) this.complete = this.#left === 0;
    return true;
  }

  #readChunkSize(): boolean {
    const before = this.chunks.length === 0 ? 0 : 2;
    const end = this.#rest.indexOf("\r\n", before);
    if (end < 0) return false;
    const line = this.#rest.toString("latin1", 0, end);
    if ((before === 2 && !line.startsWith("\r\n")) || !/^[0-9a-f]+$/.test(line.slice(before)))
      throw new Error(`Invalid chunk size: ${JSON.stringify(line.slice(0, 80))}`);
    const size = Number.parseInt(line.slice(before), 16);
    if (size === 0 && this.#rest.length < end + 4) return false;
    this.#take(end + 2);
    if (size === 0) {
      if (this.#take(2).toString() !== "\r\n") throw new Error("No empty line after the last chunk.");
      this.complete = true;
      return false;
    }
    this.chunks.push(size);
    this.#left = size;
    return true;
  }

  #take(count: number): Buffer {
    const taken = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return taken;
  }
}
