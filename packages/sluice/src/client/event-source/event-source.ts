import { createUncheckedParser, type Parser, type ParserCallbacks } from "../../protocol/parser.ts";
import { isEventStream } from "../connection/mime-type.ts";
import { checkRequest, type RequestOptions, sendRequest } from "../connection/request.ts";
import { eventHandler } from "./event-handler.ts";
import { createTaskQueue } from "./task-queue.ts";

/** Options of {@link EventSource}. `withCredentials` is of the standard, the others go beyond it. */
export interface EventSourceOptions extends RequestOptions {}

/**
 * The `error` event of an {@link EventSource}. Its own properties go beyond the standard. A message that the server
 * names `error` has none of them.
 */
export interface EventSourceErrorEvent extends Event {
  /** The reason, for people. */
  readonly message?: string;
  /** The status of an answer that was refused. */
  readonly code?: number;
  /** The error of `fetch`, of reading the body, or of a function among the options. */
  readonly error?: unknown;
}

/** A message of an {@link EventSource}: a `MessageEvent` whose data is text. */
export type EventSourceMessage = Omit<MessageEvent, "data"> & { readonly data: string };

/** The events of an {@link EventSource}, besides those that the server names. */
export interface EventSourceEventMap {
  open: Event;
  message: EventSourceMessage;
  error: EventSourceErrorEvent;
}

/** A function that listens to events: to `open` or `error`, or to messages of any type. */
type Listener<Type extends string> = (
  this: EventSource,
  event: Type extends keyof EventSourceEventMap ? EventSourceEventMap[Type] : EventSourceMessage,
) => unknown;

/** Options of a listener, as the DOM standard has them. */
interface ListenerOptions {
  readonly capture?: boolean;
  readonly once?: boolean;
  readonly passive?: boolean;
  readonly signal?: AbortSignal;
}

/** [spec] A reconnection time, in milliseconds: "probably in the region of a few seconds". */
const RECONNECTION_TIME_MS = 3_000;

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 2;

/**
 * The `EventSource` of the HTML standard (section 9.2) on `fetch`, for every runtime: the same interface, states and
 * events as in browsers. Its options go beyond the standard: headers, a method and a body.
 *
 * ```ts
 * const source = new EventSource("/orders", { headers: async () => ({ authorization: await freshToken() }) });
 * source.addEventListener("placed", (event) => console.log(event.lastEventId, event.data));
 * ```
 *
 * Reconnects for ever after a network error and after the end of the body. Fails for good if the answer has another
 * status than 200 or is no event stream. Throws a `SyntaxError` `DOMException` if the URL is invalid, and
 * `INVALID_OPTION`.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: `EventTarget` has the methods; the interface types them
export class EventSource extends EventTarget {
  declare static readonly CONNECTING: 0;
  declare static readonly OPEN: 1;
  declare static readonly CLOSED: 2;
  declare readonly CONNECTING: 0;
  declare readonly OPEN: 1;
  declare readonly CLOSED: 2;

  readonly #url: string;
  readonly #options: EventSourceOptions;
  readonly #queueTask = createTaskQueue();
  readonly #parser: Parser;
  #readyState: 0 | 1 | 2 = CONNECTING;
  #reconnectionTime = RECONNECTION_TIME_MS;
  /** Origin of the stream that is being read. */
  #origin = "";
  #attempt = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(url: string | URL, options: EventSourceOptions = {}) {
    super();
    // [WebIDL] If argcount is less than the length of the shortest argument list, then throw a TypeError.
    // [WebIDL] If the type of jsDict is not undefined, null or Object, then throw a TypeError.
    // biome-ignore lint/complexity/noArguments: `undefined` is a URL, and no argument is none
    if (!arguments.length || Object(options ?? this) !== (options ?? this)) throw new TypeError();
    const { document, location } = globalThis as { document?: Document; location?: Location };
    try {
      this.#url = new URL(url, document?.baseURI ?? location?.href).href;
    } catch {
      // [spec] If urlRecord is failure, then throw a "SyntaxError" DOMException.
      throw new DOMException(`"${url}" is not a valid URL.`, "SyntaxError");
    }
    this.#options = { ...options, withCredentials: Boolean(options?.withCredentials) };
    checkRequest(this.#options);
    const callbacks: ParserCallbacks = {
      onEvent: ({ type, ...init }) => this.#dispatch(new MessageEvent(type, { ...init, origin: this.#origin })),
      onRetry: (ms) => {
        // The longest delay of a timer.
        this.#reconnectionTime = Math.min(ms, 2 ** 31 - 1);
      },
    };
    // The standard has no limit for the size of an event.
    this.#parser = createUncheckedParser(callbacks, Number.POSITIVE_INFINITY, "");
    void this.#connect();
  }

  /** The absolute URL of the source. */
  get url(): string {
    return this.#url;
  }

  /** True if credentials are sent to other origins too. */
  get withCredentials(): boolean {
    return this.#options.withCredentials!;
  }

  /** State of the connection: `CONNECTING` (0), `OPEN` (1) or `CLOSED` (2). */
  get readyState(): number {
    return this.#readyState;
  }

  /** Closes the connection. No event follows, not even one that has arrived. */
  close(): void {
    // [spec] The close() method must abort any instances of the fetch algorithm started for this EventSource object,
    // and must set the readyState attribute to CLOSED.
    this.#readyState = CLOSED;
    this.#attempt.abort();
    clearTimeout(this.#timer);
  }

  async #connect(): Promise<void> {
    const { signal } = (this.#attempt = new AbortController());
    try {
      const response = await sendRequest(this.#url, this.#options, this.#parser.lastEventId, signal);
      const { status: code, headers, body } = response;
      // Not every browser can iterate a `ReadableStream`.
      const reader = body?.getReader();
      // Another `fetch` may ignore the signal.
      signal.onabort = () => reader?.cancel().catch(() => {});
      const type = headers.get("content-type");
      // [spec] Otherwise, if res's status is not 200, or if res's `Content-Type` is not `text/event-stream`, then fail
      // the connection.
      if (code !== 200 || !isEventStream(type))
        return this.#end(CLOSED, { message: `Expected an event stream, but got ${code}, ${type}`, code });
      // [spec] Initialize event's origin to the origin of the event stream's final URL (i.e., the URL after redirects).
      this.#origin = new URL(response.url || this.#url).origin;
      // [spec] Otherwise, announce the connection and interpret res's body line by line.
      this.#dispatch(new Event("open"), OPEN);
      this.#parser.reset();
      for (let chunk = await reader?.read(); chunk?.value; chunk = await reader?.read()) {
        this.#parser.push(chunk.value);
        // Read on once all listeners have run.
        await new Promise<void>((resolve) => this.#queueTask(resolve));
      }
      // [spec] If res is not a network error, then reestablish the connection.
      this.#end(CONNECTING, { message: "The stream ended" });
    } catch (error) {
      // [spec] If res is an aborted network error, then fail the connection.
      const isAborted = (error as Error | null)?.name === "AbortError";
      // [spec] Otherwise, if res is a network error, then reestablish the connection, unless the user agent knows that
      // to be futile, in which case the user agent may fail the connection. `fetch` serves no other schemes.
      const isFutile = !this.#options.fetch && !/^(https?|blob|data):/.test(this.#url);
      // No header can carry a last event ID with control characters.
      const isFinal = isAborted || isFutile || /[^\t -~\x80-\uffff]/.test(this.#parser.lastEventId);
      this.#end(isFinal ? CLOSED : CONNECTING, { message: String(error), error });
    }
  }

  /** Ends the attempt, and reconnects unless the state is `CLOSED`. */
  #end(readyState: 0 | 2, reason: { message: string; code?: number; error?: unknown }): void {
    this.#attempt.abort();
    // [spec] Set the readyState attribute to CONNECTING. Fire an event named error at the EventSource object.
    this.#dispatch(Object.assign(new Event("error"), reason), readyState);
    // [spec] Once the user agent has failed the connection, it does not attempt to reconnect.
    if (readyState === CLOSED || this.#readyState === CLOSED) return;
    // [spec] Wait a delay equal to the reconnection time of the event source.
    this.#timer = setTimeout(() => {
      this.#queueTask(() => {
        // [spec] If the EventSource object's readyState attribute is not set to CONNECTING, then return.
        if (this.#readyState === CONNECTING) void this.#connect();
      });
    }, this.#reconnectionTime);
  }

  /** Queues a task that dispatches an event, after setting the state if one is given. */
  #dispatch(event: Event, readyState?: 0 | 1 | 2): void {
    this.#queueTask(() => {
      // [spec] If the readyState attribute is set to a value other than CLOSED, sets the readyState attribute to …
      if (this.#readyState === CLOSED) return;
      this.#readyState = readyState ?? this.#readyState;
      this.dispatchEvent(event);
    });
  }

  static {
    const { prototype } = EventSource;
    // A private field throws a TypeError on any other object.
    const check = (source: EventSource) => source.#url;
    for (const type of ["open", "message", "error"])
      Object.defineProperty(prototype, `on${type}`, eventHandler(type, check));
    // Properties as the IDL of the interface describes them: enumerable, and constants that cannot change.
    for (const name of Object.getOwnPropertyNames(prototype))
      Object.defineProperty(prototype, name, { enumerable: name !== "constructor" });
    for (const [name, value] of Object.entries({ CONNECTING, OPEN, CLOSED })) {
      for (const owner of [EventSource, prototype]) Object.defineProperty(owner, name, { value, enumerable: true });
    }
    Object.defineProperty(prototype, Symbol.toStringTag, { value: "EventSource", configurable: true });
  }
}

/** The listeners of an {@link EventSource}. */
export interface EventSource {
  /** Listens to `open`: a connection is established, for the first time or again. */
  onopen: Listener<"open"> | null;
  /** Listens to events without a type. */
  onmessage: Listener<"message"> | null;
  /** Listens to `error`: the source reconnects (`readyState` is `CONNECTING`), or has failed (`CLOSED`). */
  onerror: Listener<"error"> | null;
  addEventListener<Type extends string>(
    type: Type,
    listener: Listener<Type> | { handleEvent: Listener<Type> } | null,
    options?: boolean | ListenerOptions,
  ): void;
  removeEventListener<Type extends string>(
    type: Type,
    listener: Listener<Type> | { handleEvent: Listener<Type> } | null,
    options?: boolean | Pick<ListenerOptions, "capture">,
  ): void;
}
