import { connect, type Socket } from "node:net";
import { ReceivedStream } from "./received-stream.ts";

const DATA = 0;
const HEADERS = 1;
const RST_STREAM = 3;
const SETTINGS = 4;
const PING = 6;
const GOAWAY = 7;
const WINDOW_UPDATE = 8;

const END_STREAM = 0x1;
const ACK = 0x1;
const END_HEADERS = 0x4;
/** The window of a connection until it is enlarged (RFC 9113 section 6.9.2). */
const INITIAL_WINDOW = 65_535;

/** How a client lets the server send. */
export interface Windows {
  /** Window of each stream, in bytes. Default: 65,535. */
  readonly stream?: number;
  /** Window of the connection, in bytes, at least 65,535. Default: 65,535. */
  readonly connection?: number;
}

/** One stream of a raw client. */
export class RawHttp2Stream {
  readonly id: number;
  /** 0 until the head has arrived. */
  status = 0;
  readonly received: ReceivedStream = new ReceivedStream();
  /** True once the server has ended the stream in order. */
  ended = false;
  /** The code with which the server reset the stream. */
  resetWith: number | undefined;
  /** True if the client takes the bytes of the stream: the server may then send more. */
  reads = true;

  constructor(id: number) {
    this.id = id;
  }
}

/**
 * A client of HTTP/2 that sends and reads frames itself (RFC 9113). It decides about each window, and can break the
 * rules of the protocol.
 */
export class RawHttp2Client implements Disposable {
  readonly streams: Map<number, RawHttp2Stream> = new Map();
  /** The code of the server's GOAWAY. */
  goneAway: number | undefined;
  /** Numbers of streams that had ended when GOAWAY arrived. */
  endedBeforeGoaway: number[] = [];
  closed = false;
  /** True if the client enlarges the window of the connection as it reads. */
  readsConnection = true;
  readonly #socket: Socket;
  #buffer: Buffer = Buffer.alloc(0);
  #nextId = 1;

  constructor(port: number, { stream = INITIAL_WINDOW, connection = INITIAL_WINDOW }: Windows = {}) {
    this.#socket = connect(port, "127.0.0.1");
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => {
      this.closed = true;
    });
    this.#socket.on("data", (bytes) => this.#read(bytes));
    this.#socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    // No compression of headers by a table, no push, and the window of streams.
    this.#send(SETTINGS, 0, 0, Buffer.concat([setting(1, 0), setting(2, 0), setting(4, stream)]));
    if (connection > INITIAL_WINDOW) this.enlarge(0, connection - INITIAL_WINDOW);
  }

  /** Requests a stream. */
  get(path = "/", headers: Readonly<Record<string, string>> = {}): RawHttp2Stream {
    const stream = new RawHttp2Stream(this.#nextId);
    this.#nextId += 2;
    this.streams.set(stream.id, stream);
    const all = { ":method": "GET", ":scheme": "http", ":authority": "localhost", ":path": path, ...headers };
    const block = Buffer.concat(Object.entries(all).map(([name, value]) => literal(name, value)));
    this.#send(HEADERS, END_STREAM | END_HEADERS, stream.id, block);
    return stream;
  }

  reset({ id }: RawHttp2Stream, code = 8): void {
    this.#send(RST_STREAM, 0, id, uint32(code));
  }

  /** Lets the server send more bytes on a stream; 0: on the connection. */
  enlarge(id: number, bytes: number): void {
    this.#send(WINDOW_UPDATE, 0, id, uint32(bytes));
  }

  /** Reads nothing more from the socket. */
  pause(): void {
    this.#socket.pause();
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #send(type: number, flags: number, id: number, payload: Buffer): void {
    if (!this.#socket.writable) return;
    const head = Buffer.alloc(9);
    head.writeUIntBE(payload.length, 0, 3);
    head.writeUInt8(type, 3);
    head.writeUInt8(flags, 4);
    head.writeUInt32BE(id, 5);
    this.#socket.write(Buffer.concat([head, payload]));
  }

  #read(bytes: Buffer): void {
    this.#buffer = Buffer.concat([this.#buffer, bytes]);
    for (;;) {
      if (this.#buffer.length < 9) return;
      const length = this.#buffer.readUIntBE(0, 3);
      if (this.#buffer.length < 9 + length) return;
      const [type, flags] = [this.#buffer.readUInt8(3), this.#buffer.readUInt8(4)];
      const id = this.#buffer.readUInt32BE(5) & 0x7fffffff;
      const payload = this.#buffer.subarray(9, 9 + length);
      this.#buffer = this.#buffer.subarray(9 + length);
      this.#take(type, flags, id, payload);
    }
  }

  #take(type: number, flags: number, id: number, payload: Buffer): void {
    const stream = this.streams.get(id);
    if (type === SETTINGS && (flags & ACK) === 0) this.#send(SETTINGS, ACK, 0, Buffer.alloc(0));
    else if (type === PING && (flags & ACK) === 0) this.#send(PING, ACK, 0, payload);
    else if (type === GOAWAY && this.goneAway === undefined) {
      this.goneAway = payload.readUInt32BE(4);
      this.endedBeforeGoaway = [...this.streams.values()].filter(({ ended }) => ended).map((ended) => ended.id);
    } else if (stream === undefined) return;
    else if (type === HEADERS) stream.status = statusOf(payload);
    else if (type === DATA) this.#takeData(stream, payload);
    else if (type === RST_STREAM) stream.resetWith = payload.readUInt32BE(0);
    if ((type === DATA || type === HEADERS) && (flags & END_STREAM) !== 0 && stream !== undefined) stream.ended = true;
  }

  #takeData(stream: RawHttp2Stream, payload: Buffer): void {
    stream.received.push(payload);
    if (payload.length === 0) return;
    if (stream.reads) this.enlarge(stream.id, payload.length);
    if (this.readsConnection) this.enlarge(0, payload.length);
  }
}

function setting(name: number, value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16BE(name, 0);
  bytes.writeUInt32BE(value, 2);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Returns a header field that is not indexed, with a new name (RFC 7541 section 6.2.2). */
function literal(name: string, value: string): Buffer {
  return Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);
}

/** The statuses of the static table (RFC 7541 appendix A), from its index 8. */
const STATIC_STATUSES = [200, 204, 206, 304, 400, 404, 500];
const DIGIT_CODES: Readonly<Record<string, number>> = Object.fromEntries(
  ["00000", "00001", "00010", "011001", "011010", "011011", "011100", "011101", "011110", "011111"].map(
    (bits, digit) => [bits, digit],
  ),
);

/** Returns the status of a block of headers: its first field. */
function statusOf(block: Buffer): number {
  // A change of the size of the table (RFC 7541 section 6.3).
  const start = (block[0]! & 0xe0) === 0x20 ? 1 : 0;
  const first = block[start]!;
  if (first & 0x80) return STATIC_STATUSES[(first & 0x7f) - 8] ?? 0;
  const length = block[start + 1]! & 0x7f;
  const text = block.subarray(start + 2, start + 2 + length);
  return (block[start + 1]! & 0x80) === 0 ? Number(text.toString()) : huffmanDigits(text);
}

/** Decodes three digits in the Huffman code of HPACK (RFC 7541 appendix B). */
function huffmanDigits(text: Buffer): number {
  let number = 0;
  let code = "";
  let digits = 0;
  for (const bit of [...text].map((byte) => byte.toString(2).padStart(8, "0")).join("")) {
    code += bit;
    const digit = DIGIT_CODES[code];
    if (digit === undefined) continue;
    number = number * 10 + digit;
    code = "";
    if (++digits === 3) break;
  }
  return number;
}
