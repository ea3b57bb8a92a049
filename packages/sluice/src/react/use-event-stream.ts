import { requestOf, type StreamRequest } from "../client/store/same-stream.ts";
import { type EventProjector, shareRequest } from "../client/store/share-event-stream.ts";
import { FIRST_SNAPSHOT } from "../client/store/shared-connection.ts";
import type { StreamSnapshot } from "../client/store/store.ts";
import type { AnyEvents, EventMap } from "../client/stream/deliver/stream-event.ts";
import type { EventStreamOptions, StreamUrl } from "../client/stream/stream-options.ts";
import { useHeldStore } from "./use-held-store.ts";

/**
 * A stream as a component sees it. The component renders again when a field changes that it has read. The object stays
 * the same until then.
 */
export interface EventStreamView<Events extends EventMap = AnyEvents>
  extends StreamSnapshot<Events>,
    EventProjector<Events> {}

/**
 * Returns the event stream of a URL. All components that name the same stream share one connection: those with an equal
 * URL and equal options, as {@link shareEventStream} compares them. The connection opens when the first component has
 * mounted, and closes one second after the last one has unmounted. On a server nothing opens.
 *
 * Within a component a function may change with each rendering. The stream uses the newest one from its next attempt
 * on. Another URL or another plain value names another stream. If several components define functions such as
 * `headers`, give them an equal `shareKey`, which names the user. Otherwise each of them has a connection of its own.
 *
 * ```tsx
 * const stream = useEventStream<EventsOf<typeof orders>>("/api/orders/stream");
 * const placed = useEvents(stream, "placed", (list: Order[], order) => [...list, order], []);
 * if (stream.error) return <p>Sign in again.</p>;
 * ```
 *
 * @throws {SluiceError} `INVALID_OPTION`, when the component mounts
 */
export function useEventStream<Events extends EventMap = AnyEvents>(
  url: StreamUrl,
  options?: EventStreamOptions<Events>,
): EventStreamView<Events> {
  const request = requestOf(url, options as EventStreamOptions);
  return useHeldStore(() => createView(request), request, request, true) as unknown as EventStreamView<Events>;
}

function createView(request: StreamRequest) {
  const shared = shareRequest(request);
  /** The names of the fields that the component has read. */
  const names = new Set<PropertyKey>();
  let view: Record<PropertyKey, unknown> | undefined;

  function show(snapshot: StreamSnapshot): EventStreamView {
    const next: NonNullable<typeof view> = { ...shared, ...snapshot };
    if (!view || [...names].some((name) => next[name] !== view![name])) {
      view = new Proxy(next, {
        get(_, name) {
          names.add(name);
          return next[name];
        },
      });
    }
    return view as unknown as EventStreamView;
  }

  return {
    ...shared,
    getSnapshot: (isServer?: boolean) => show(isServer ? FIRST_SNAPSHOT : shared.getSnapshot()),
  };
}
