import { ReplayCount } from "./replay-count.ts";

/**
 * What a stream is doing. `reconnecting`: the browser will try again by itself; `refused`: the server said no, and the
 * browser gave up; `ended`: there is nothing more to come; `paused`: the tab is in the background.
 */
export type StreamState = "idle" | "connecting" | "open" | "reconnecting" | "refused" | "ended" | "paused";

/** What the server says about one open stream of ours (`GET /api/streams`). */
export interface ServerStream {
  readonly id: string;
  /** The name under which this page opened it. */
  readonly key: string;
  /** The last event ID the stream was asked to go on from; null: none. */
  readonly resumedFrom: string | null;
  /** The position of the channel when the stream was opened; null: the stream has no channel. */
  readonly positionAtOpen: string | null;
}

/** The server saying that it cannot give all that followed a position. */
export interface Gap {
  readonly reason: string;
  readonly lastEventId: string;
  readonly resumesAfter: string;
}

/** An event as it arrived. */
export interface Arrival {
  readonly eventId: string;
  /** Which connection of this stream brought it, counted from 1. */
  readonly connection: number;
}

type Handler = (data: unknown, arrival: Arrival) => void;

/**
 * One event stream of this page: the browser's EventSource, and the book-keeping that the inspector shows. It reconnects
 * by itself, as EventSource does. Fires `change` when anything about it changes, `opened` and `lost` with the connection.
 */
export class LiveStream extends EventTarget {
  readonly name: string;
  readonly key: string = randomKey();
  /** Path and query; may be changed while the stream is closed. */
  path: string;
  state: StreamState = "idle";
  /** The last event ID; "": none yet. */
  lastEventId = "";
  received = 0;
  /** Connections opened so far. */
  connection = 0;
  gaps: Gap[] = [];
  server: ServerStream | undefined;
  /** Whether the last event has come. */
  finished = false;
  /** When the connection was last lost, in ms since 1970. */
  lostAt = 0;

  #source: EventSource | undefined;
  #handlers = new Map<string, Handler[]>();
  #replay = new ReplayCount();

  constructor(name: string, path: string) {
    super();
    this.name = name;
    this.path = path;
  }

  /** Calls `handler` for each event of this type. To be called before `open`. */
  on<T>(type: string, handler: (data: T, arrival: Arrival) => void): this {
    this.#handlers.set(type, [...(this.#handlers.get(type) ?? []), handler as Handler]);
    return this;
  }

  /** Opens the stream after `lastEventId`; the default is where it was, `null` is afresh. */
  open(lastEventId: string | null = this.lastEventId): void {
    this.#source?.close();
    this.lastEventId = lastEventId ?? "";
    const url = new URL(this.path, location.href);
    url.searchParams.set("key", this.key);
    if (this.lastEventId !== "") url.searchParams.set("lastEventId", this.lastEventId);
    const source = new EventSource(url);
    this.#source = source;
    source.onopen = () => this.#opened();
    source.onerror = () => this.#lost(source);
    for (const type of new Set(["gap", ...this.#handlers.keys()])) {
      source.addEventListener(type, (event) => this.#arrived(type, event as MessageEvent<string>));
    }
    this.#become(this.connection === 0 ? "connecting" : "reconnecting");
  }

  /** Closes the stream. */
  close(state: "idle" | "ended" | "paused" = "idle"): void {
    this.#source?.close();
    this.#source = undefined;
    this.server = undefined;
    this.#become(state);
  }

  /** To be called when the last event has come: the server's no to the next connection is then the end, not a fault. */
  finish(): void {
    this.finished = true;
  }

  /** Begins the book-keeping anew, for another subscription under the same name. */
  reset(path: string = this.path): void {
    this.close();
    this.path = path;
    this.lastEventId = "";
    this.received = 0;
    this.connection = 0;
    this.#replay = new ReplayCount();
    this.gaps = [];
    this.finished = false;
    this.dispatchEvent(new Event("change"));
  }

  /** Events of this connection that were already in the channel when it was opened; undefined: not known (yet). */
  get replayed(): number | undefined {
    return this.#replay.count;
  }

  /** Takes in what the server says about this connection. */
  describe(server: ServerStream): void {
    this.server = server;
    this.#replay.tell(server.positionAtOpen);
    // The browser knows the position the stream began with, and does not tell; the server does.
    if (this.lastEventId === "" && server.positionAtOpen !== null) this.lastEventId = server.positionAtOpen;
    this.dispatchEvent(new Event("change"));
    this.dispatchEvent(new Event("described"));
  }

  /** Whether this event had already happened when its connection was opened, as far as is known (still). */
  isReplayed(arrival: Arrival): boolean {
    return arrival.connection === this.connection && this.#replay.includes(arrival.eventId);
  }

  #arrived(type: string, event: MessageEvent<string>): void {
    const arrival: Arrival = { eventId: event.lastEventId, connection: this.connection };
    const data: unknown = JSON.parse(event.data);
    if (event.lastEventId !== "") this.lastEventId = event.lastEventId;
    if (type === "gap") {
      this.gaps.push(data as Gap);
    } else {
      this.received++;
      this.#replay.take(event.lastEventId);
    }
    for (const handler of this.#handlers.get(type) ?? []) handler(data, arrival);
    if (type === "gap") this.dispatchEvent(new CustomEvent<Gap>("gap", { detail: data as Gap }));
    this.dispatchEvent(new Event("change"));
  }

  #opened(): void {
    this.connection++;
    this.server = undefined;
    this.#replay = new ReplayCount();
    this.#become("open");
    this.dispatchEvent(new Event("opened"));
  }

  #lost(source: EventSource): void {
    if (source !== this.#source) return;
    if (this.state === "open") this.lostAt = Date.now();
    this.server = undefined;
    const refused = source.readyState === EventSource.CLOSED;
    this.#become(refused ? (this.finished ? "ended" : "refused") : "reconnecting");
    this.dispatchEvent(new Event("lost"));
  }

  #become(state: StreamState): void {
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }
}

/** Not `crypto.randomUUID`: browsers have it only where the page came by HTTPS or from this machine. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(36).padStart(2, "0")).join("");
}
