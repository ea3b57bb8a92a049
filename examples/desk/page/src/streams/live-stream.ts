import { type AttemptEnd, type EventStream, openEventStream, type Sharing } from "sluice/client";
import type { StreamInfo } from "../../../wire/stream.ts";
import { splitCombinedId } from "./event-id.ts";
import { StreamPart } from "./stream-part.ts";

/**
 * State of a stream. `reconnecting`: the client will connect again by itself; `refused`: the server refused the
 * connection, and the client stopped; `ended`: no more events will come; `paused`: the tab is in the background.
 */
export type StreamState = "idle" | "connecting" | "open" | "reconnecting" | "refused" | "ended" | "paused";

/** Options of a {@link LiveStream}. */
export interface LiveStreamOptions {
  /** The parts of a combined stream, by their keys. Default: one part with the stream's name. */
  readonly parts?: readonly StreamPart[];
  /** The stream's name for the server. Default: a random one. */
  readonly key?: string;
  /** Types of the event that ends the stream. Default: it does not end. */
  readonly until?: readonly string[];
  /** Returns the user whose tabs share this stream. Default: tabs do not share it. */
  readonly shareKey?: () => string;
}

/**
 * One event stream of this page, and what the inspector shows of it.
 *
 * Fires `change` when any property changes, `opened` and `lost` with the connection, and `info` when {@link info} is
 * set.
 */
export class LiveStream extends EventTarget {
  readonly name: string;
  readonly key: string;
  readonly parts: readonly StreamPart[];
  /** Path and query. May be changed while the stream is closed. */
  path: string;
  state: StreamState = "idle";
  /** Number of connections opened so far. */
  connection = 0;
  /** The server's information about the open connection. Undefined until it has been fetched. */
  info: StreamInfo | undefined;
  /** When the connection was last lost, in ms since 1970. */
  lostAt = 0;
  #stream: EventStream | undefined;
  /** The position of the closed stream, or the one from which the open stream began. */
  #position = "";
  readonly #options: LiveStreamOptions;

  constructor(name: string, path: string, options: LiveStreamOptions = {}) {
    super();
    this.name = name;
    this.path = path;
    this.key = options.key ?? randomKey();
    this.parts = options.parts ?? [new StreamPart(name)];
    this.#options = options;
  }

  /** The only part of a stream that is not combined. */
  get part(): StreamPart {
    return this.parts[0]!;
  }

  /** The position, or "" if there is none yet. */
  get lastEventId(): string {
    return this.#stream?.lastEventId || this.#position || (this.info?.positionAtOpen ?? "");
  }

  /** Shows whether this tab holds the connection that all tabs share. */
  get sharing(): Sharing {
    return this.#stream?.sharing ?? "alone";
  }

  /** Opens the stream after `lastEventId`. By default it resumes after its last event. */
  open(lastEventId: string = this.lastEventId): void {
    void this.#stream?.close();
    this.#position = lastEventId;
    this.#movePartsTo(lastEventId);
    const url = new URL(this.path, location.href);
    url.searchParams.set("key", this.key);
    const { until, shareKey } = this.#options;
    const stream: EventStream = openEventStream(url, {
      lastEventId,
      until,
      shareAcrossTabs: shareKey !== undefined,
      shareKey,
      onGap: (gap) => this.#partOf(gap.channel).addGap(gap),
      onError: (error, { stage }) => {
        // The page shows the end of a refused stream.
        if (stage !== "stream") console.error(error);
      },
    });
    this.#stream = stream;
    for (const part of this.parts) {
      for (const type of part.types) stream.on(type, (data, { id }) => this.#receive(part, type, data, id));
    }
    stream.onStateChange(() => this.#streamChanged(stream));
    void stream.closed.then((end) => this.#closed(stream, end));
    this.#setState(this.connection === 0 ? "connecting" : "reconnecting");
  }

  /** Connects again at once, if the client waits. */
  retryNow(): void {
    if (this.state === "reconnecting") this.#stream?.reconnect();
  }

  /** Closes the stream. */
  close(state: "idle" | "ended" | "paused" = "idle"): void {
    this.#position = this.lastEventId;
    void this.#stream?.close();
    this.#stream = undefined;
    this.info = undefined;
    this.#setState(state);
  }

  /** Closes the stream and resets its counts, so that it can be opened for another subscription. */
  reset(path: string = this.path): void {
    this.close();
    this.path = path;
    this.connection = 0;
    this.#position = "";
    for (const part of this.parts) part.reset();
    this.dispatchEvent(new Event("change"));
  }

  /** Sets the server's information about this connection. */
  setInfo(info: StreamInfo): void {
    this.info = info;
    const { positionAtOpen } = info;
    for (const part of this.parts) {
      part.setPositionAtOpen(positionAtOpen === null ? null : this.#idIn(part, positionAtOpen));
    }
    this.dispatchEvent(new Event("info"));
    this.dispatchEvent(new Event("change"));
  }

  #receive(part: StreamPart, type: string, data: unknown, id: string): void {
    this.#movePartsTo(id);
    part.receive(type, data, this.#idIn(part, id));
    this.dispatchEvent(new Event("change"));
  }

  #movePartsTo(id: string): void {
    for (const part of this.parts) part.lastEventId = this.#idIn(part, id) || part.lastEventId;
  }

  #partOf(channel: string | undefined): StreamPart {
    return this.parts.find(({ key }) => key === channel) ?? this.part;
  }

  /** Returns the ID of a part's own channel, from an ID of the stream. */
  #idIn({ key }: StreamPart, id: string): string {
    return key === "" ? id : (splitCombinedId(id)[key] ?? "");
  }

  #opened(): void {
    this.connection++;
    this.info = undefined;
    for (const part of this.parts) part.opened(this.connection);
    this.#setState("open");
    this.dispatchEvent(new Event("opened"));
  }

  #streamChanged(stream: EventStream): void {
    if (stream !== this.#stream) return;
    const isOpen = this.state === "open";
    if (stream.state === "open") {
      if (isOpen) this.dispatchEvent(new Event("change"));
      else this.#opened();
    } else if (isOpen && stream.state !== "closed") {
      this.lostAt = Date.now();
      this.info = undefined;
      this.#setState("reconnecting");
      this.dispatchEvent(new Event("lost"));
    }
  }

  #closed(stream: EventStream, { type }: AttemptEnd): void {
    if (stream !== this.#stream || type === "closed") return;
    this.info = undefined;
    this.#setState(type === "completed" || type === "no-content" ? "ended" : "refused");
    this.dispatchEvent(new Event("lost"));
  }

  #setState(state: StreamState): void {
    this.state = state;
    this.dispatchEvent(new Event("change"));
  }
}

/** Returns a random key. Browsers offer `crypto.randomUUID` only on HTTPS and on localhost. */
export function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) => byte.toString(36).padStart(2, "0")).join("");
}
