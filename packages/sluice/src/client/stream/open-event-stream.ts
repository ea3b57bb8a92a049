import type { AttemptEnd, EventStreamError } from "./attempt/attempt-end.ts";
import { createLoop, type StreamOwner } from "./attempt-loop.ts";
import { check } from "./check.ts";
import { checkStreamOptions } from "./check-stream-options.ts";
import { createDelivery, type DeliveryOwner, type Listener } from "./deliver/delivery.ts";
import { iterate } from "./deliver/iterate.ts";
import type { AnyEvents, EventMap } from "./deliver/stream-event.ts";
import type { EventStream } from "./event-stream.ts";
import { loadRest } from "./load-rest.ts";
import type { EventStreamOptions, Sharing, StreamErrorContext, StreamState, StreamUrl } from "./stream-options.ts";

/** A stream that has failed for good, with its error. */
interface Failed {
  error?: EventStreamError | undefined;
}

/**
 * Opens an event stream that reconnects by itself and keeps its place. `Events` maps the event types to their data.
 *
 * ```ts
 * import type { EventsOf } from "sluice";
 * await using stream = openEventStream<EventsOf<typeof orders>>("/api/orders/stream", { persist: localStorage });
 * for await (const event of stream) if (event.type === "placed") show(event.data);
 * ```
 *
 * @throws {SluiceError} `INVALID_OPTION`
 */
export function openEventStream<Events extends EventMap = AnyEvents>(
  url: StreamUrl,
  options: EventStreamOptions<Events> = {},
): EventStream<Events> {
  const settings = checkStreamOptions(url, options as EventStreamOptions);
  const { signal, onError, onAttemptEnd } = settings;
  const stateListeners = new Set<() => Promise<unknown>>();
  /** Aborts when the stream is closed. */
  const over = new AbortController();
  let resolveClosed: (end: AttemptEnd) => void;

  function failed(error: unknown, stage: StreamErrorContext["stage"]): void {
    // An async function turns an error into a rejection, and is called at once.
    (async () => onError(error, { stage }))().catch(console.error);
  }

  const owner: StreamOwner & DeliveryOwner = {
    moved: (position) => owner.kept?.save(position),
    changed(state) {
      void begin();
      // A listener before it may have removed it, or changed the state again.
      for (const notify of [...stateListeners])
        if (loop.state === state && stateListeners.has(notify)) notify().catch((error) => failed(error, "callback"));
    },
    finished(end, error) {
      over.abort();
      (stream as Failed).error = error;
      const isThrown = delivery.end(error);
      resolveClosed(end);
      if (error && !isThrown && !onAttemptEnd) failed(error, "stream");
    },
    failed,
  };
  const delivery = createDelivery(settings, owner);
  const loop = createLoop(settings, delivery, owner);

  /** Loads the rest: at the first attempt, and again at each attempt until it is loaded. */
  const begin = () =>
    loadRest()
      .then(({ accompany }) => accompany(loop, settings, delivery, over.signal, owner, createLoop, stream))
      .catch((error) => failed(error, "load"));

  async function start(): Promise<void> {
    const begun = begin();
    const { persist, shareAcrossTabs, lastEventId } = settings;
    // Alone and without a position, the first attempt does not wait for the rest.
    delivery.pass((await ((persist || shareAcrossTabs || lastEventId) && begun)) || lastEventId);
    await loop.run();
  }

  async function close(): Promise<void> {
    loop.finish({ type: "closed" });
    // If a listener closes the stream, the position moves when the listener has returned.
    await undefined;
    await owner.kept?.saved();
  }

  const stream = {
    get state() {
      return loop.state;
    },
    sharing: "alone" as Sharing,
    get lastEventId() {
      return delivery.done;
    },
    get lastEnd() {
      return loop.lastEnd;
    },
    closed: new Promise<AttemptEnd>((resolve) => {
      resolveClosed = resolve;
    }),
    on(type: string, listener: Listener) {
      check(type && typeof type === "string", "type: string", type);
      check(typeof listener === "function", "listener: function", listener);
      return delivery.add({ type, listener });
    },
    onStateChange(listener: (state: StreamState) => unknown) {
      check(typeof listener === "function", "listener: function", listener);
      const notify = async () => listener(loop.state);
      stateListeners.add(notify);
      return () => stateListeners.delete(notify);
    },
    reconnect: () => loop.renew("reconnect"),
    add: delivery.add,
    close,
    [Symbol.asyncDispose]: close,
    [Symbol.asyncIterator]() {
      const iteration = iterate(delivery, close);
      if (over.signal.aborted) iteration.end((stream as Failed).error);
      return iteration;
    },
  };

  const abort = () => loop.finish({ type: "closed", reason: signal!.reason });
  signal?.addEventListener("abort", abort, { signal: over.signal });
  if (signal?.aborted) abort();
  void start();
  return stream as unknown as EventStream<Events>;
}
