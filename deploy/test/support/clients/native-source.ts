import { type Address, StreamClient, type StreamRequest } from "./stream-client.ts";

/** The reconnection time that Chromium uses until a stream sets another, in ms. */
const DEFAULT_RETRY_MS = 3_000;

/**
 * A client that follows the rules of a native EventSource (HTML, section 9.2.2). It reconnects after the end of a
 * stream and after a network error. It gives up after any answer but 200 with `text/event-stream`.
 */
export class NativeSource implements Disposable {
  /** IDs of the events of one type, in the order of their arrival. */
  readonly ids: string[] = [];
  /** Times at which a request was sent, in ms. */
  readonly requests: number[] = [];
  /** The reason for which the client gave up, or `undefined`. */
  dead: string | undefined;
  #client: StreamClient | undefined;
  #timer: NodeJS.Timeout | undefined;
  #retry = DEFAULT_RETRY_MS;
  #lastEventId = "";
  readonly #address: Address;
  readonly #request: StreamRequest;
  readonly #type: string;
  #closed = false;

  constructor(address: Address, request: StreamRequest, type: string) {
    this.#address = address;
    this.#request = request;
    this.#type = type;
    this.#connect();
  }

  /** True while a stream of Sluice is open, which states its heartbeat in its first comment. */
  get isOpen(): boolean {
    const client = this.#client;
    return client !== undefined && !client.hasEnded && client.comments.length > 0;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#client?.disconnect();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #connect(): void {
    this.requests.push(performance.now());
    const { headers = {} } = this.#request;
    const resume = this.#lastEventId === "" ? {} : { "last-event-id": this.#lastEventId };
    const client = new StreamClient(this.#address, { ...this.#request, headers: { ...headers, ...resume } });
    this.#client = client;
    client.onEnd = () => this.#ended(client);
  }

  #ended(client: StreamClient): void {
    client.disconnect();
    if (this.#closed) return;
    this.ids.push(...client.events.filter(({ type }) => type === this.#type).map(({ id }) => id));
    if (client.lastEventId !== "") this.#lastEventId = client.lastEventId;
    this.#retry = client.retry ?? this.#retry;
    const type = client.headers["content-type"] ?? "";
    if (client.status !== undefined && !(client.status === 200 && type.startsWith("text/event-stream"))) {
      this.dead = `${client.status} ${type}`;
      return;
    }
    this.#timer = setTimeout(() => this.#connect(), this.#retry);
  }

  /** IDs of all events that have arrived so far, including the open stream. */
  get received(): string[] {
    const current = this.#client?.hasEnded === false ? this.#client.events : [];
    return [...this.ids, ...current.filter(({ type }) => type === this.#type).map(({ id }) => id)];
  }
}
