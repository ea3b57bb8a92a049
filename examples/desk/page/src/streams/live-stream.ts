import type { Gap } from "sluice";
import type { StreamInfo } from "../../../wire/stream.ts";
import { ReplayCount } from "./replay-count.ts";

/**
 * State of a stream. `reconnecting`: the browser will reconnect by itself; `refused`: the server refused the
 * connection, and the browser gave up; `ended`: no more events will come; `paused`: the tab is in the background.
 */
export type StreamState = "idle" | "connecting" | "open" | "reconnecting" | "refused" | "ended" | "paused";

/** Event ID and connection of a received event. */
export interface Arrival {
  readonly eventId: string;
  /** The connection of this stream on which the event arrived, counted from 1. */
  readonly connection: number;
}

type Handler = (data: unknown, arrival: Arrival) => void;

/**
 * One event stream of this page: an EventSource and the counts that the inspector shows. Like EventSource, it
 * reconnects by itself.
 *
 * Fires `change` when any property changes, `opened` and `lost` with the connection, `gap` for a gap event, and `info`
 * when {@link info} is set.
 */
export class LiveStream extends EventTarget {
  readonly name: string;
  readonly key: string = randomKey();
  /** Path and query. May be changed while the stream is closed. */
  path: string;
  state: StreamState = "idle";
  /** The last event ID, or "" if there is none yet. */
  lastEventId = "";
  received = 0;
  /** Number of connections opened so far. */
  connection = 0;
  gaps: Gap[] = [];
  /** The server's information about the open connection. Undefined until it has been fetched. */
  info: StreamInfo | undefined;
  /** True if the last event has arrived. */
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

  /** Calls `handler` for each event of this type. Call it before `open`. */
  on<T>(type: string, handler: (data: T, arrival: Arrival) => void): this {
    this.#handlers.set(type, [...(this.#handlers.get(type) ?? []), handler as Handler]);
    return this;
  }

  /**
   * Opens the stream after `lastEventId`. By default it resumes after its last event; `null` opens it without a
   * position.
   */
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
      source.addEventListener(type, (event) => this.#receive(type, event as MessageEvent<string>));
    }
    this.#setState(this.connection === 0 ? "connecting" : "reconnecting");
  }

  /** Closes the stream. */
  close(state: "idle" | "ended" | "paused" = "idle"): void {
    this.#source?.close();
    this.#source = undefined;
    this.info = undefined;
    this.#setState(state);
  }

  /** Call it when the last event has arrived. If the server then refuses the next connection, the stream has ended. */
  finish(): void {
    this.finished = true;
  }

  /** Closes the stream and resets its counts, so that it can be opened for another subscription. */
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

  /** Number of events that were replayed on this connection. Undefined until it is known. */
  get replayed(): number | undefined {
    return this.#replay.count;
  }

  /** Sets the server's information about this connection. */
  setInfo(info: StreamInfo): void {
    this.info = info;
    this.#replay.setPosition(info.positionAtOpen);
    // The stream began with a position but EventSource does not expose it, so take it from the server.
    if (this.lastEventId === "" && info.positionAtOpen !== null) this.lastEventId = info.positionAtOpen;
    this.dispatchEvent(new Event("change"));
    this.dispatchEvent(new Event("info"));
  }

  /** True if this event is known to be a replayed event of the present connection. */
  isReplayed(arrival: Arrival): boolean {
    return arrival.connection === this.connection && this.#replay.includes(arrival.eventId);
  }

  #receive(type: string, event: MessageEvent<string>): void {
    const arrival: Arrival = { eventId: event.lastEventId, connection: this.connection };
    const data: unknown = JSON.parse(event.data);
    if (event.lastEventId !== "") this.lastEventId = event.lastEventId;
    if (type === "gap") {
      this.gaps.push(data as Gap);
    } else {
      this.received++;
      this.#replay.add(event.lastEventId);
    }
    for (const handler of this.#handlers.get(type) ?? []) handler(data, arrival);
    if (type === "gap") this.dispatchEvent(new CustomEvent<Gap>("gap", { detail: data as Gap }));
    this.dispatchEvent(new Event("change"));
  }

  #opened(): void {
    this.connection++;
    this.info = undefined;
    this.#replay = new ReplayCount();
    this.#setState("open");
    this.dispatchEvent(new Event("opened"));
  }

  #lost(source: EventSource): void {
    if (source !== this.#source) return;
    if (this.state === "open") this.lostAt = Date.now();
    this.info = undefined;
    const refused = source.readyState === EventSource.CLOSED;
    this.#setState(refused ? (this.finished ? "ended" : "refused") : "reconnecting");
    this.dispatchEvent(new Event("lost"));
  }

  #setState(state: StreamState): void {
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }
}

/** Returns a random key. Browsers offer `crypto.randomUUID` only on HTTPS and on localhost. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(36).padStart(2, "0")).join("");
}
