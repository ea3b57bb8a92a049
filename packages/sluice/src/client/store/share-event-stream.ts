import type { AnyEvents, EventMap } from "../stream/deliver/stream-event.ts";
import type { EventStreamOptions, StreamUrl } from "../stream/stream-options.ts";
import { type Projection, type ProjectionReducer, type ProjectionType, projectorOf } from "./projection.ts";
import { requestOf, type StreamRequest } from "./same-stream.ts";
import { type ConnectionUser, FIRST_SNAPSHOT, findConnection, joinConnection } from "./shared-connection.ts";
import type { Store, StreamSnapshot } from "./store.ts";

/** The state and the events of a stream. */
export interface EventProjector<Events extends EventMap = AnyEvents> {
  /**
   * Returns a store of state that a reducer computes from the events of a type, or of several types. The reducer
   * receives each event once and in order, in the turn in which it arrives. The state begins with `initialState`, also
   * when the store has a subscriber again and missed events meanwhile.
   *
   * @throws {SluiceError} `INVALID_OPTION`
   */
  project<Type extends ProjectionType<Events>, State>(
    type: Type | readonly Type[],
    reducer: ProjectionReducer<Events, Type, State, State>,
    initialState: State,
  ): Projection<State>;
  project<Type extends ProjectionType<Events>, State>(
    type: Type | readonly Type[],
    reducer: ProjectionReducer<Events, Type, State | undefined, State>,
  ): Projection<State | undefined>;
  /**
   * Replaces the connection by a new one at once, and keeps the position. Opens the stream again if it has failed or is
   * complete. Does nothing without a subscriber.
   */
  reconnect(): void;
  /** The type of the events, for the compiler alone. */
  readonly "~events"?: Events;
}

/**
 * A stream of {@link shareEventStream}. Subscribers of the stream and of its projections keep the connection open.
 */
export interface SharedEventStream<Events extends EventMap = AnyEvents>
  extends EventProjector<Events>,
    Store<StreamSnapshot<Events>> {
  /** @internal */
  readonly latest: ConnectionUser;
}

/**
 * Returns a stream whose connection is shared by everything that names the same stream: an equal URL and equal options.
 * Plain objects, arrays and `Headers` are equal if their values are. A function or another object is equal only to
 * itself. If an equal `shareKey` names the user, any function is equal as `headers`, `fetch`, `onError` and
 * `onAttemptEnd`, and so is any object of the same class as `headers` and `persist`: they do not decide on the events.
 *
 * The first subscriber opens the connection. It closes one second after the last subscriber has left. Without a
 * subscriber nothing opens, so a server can render the stream's snapshot. If the URL or an option is invalid, the first
 * subscription throws `INVALID_OPTION`.
 *
 * ```ts
 * const stream = shareEventStream<EventsOf<typeof orders>>("/api/orders/stream");
 * const placed = stream.project("placed", (count, order) => count + 1, 0);
 * placed.subscribe(() => show(placed.getSnapshot()));
 * ```
 */
export function shareEventStream<Events extends EventMap = AnyEvents>(
  url: StreamUrl,
  options?: EventStreamOptions<Events>,
): SharedEventStream<Events> {
  return shareRequest(requestOf(url, options as EventStreamOptions)) as unknown as SharedEventStream<Events>;
}

/** Returns the shared stream of a request. */
export function shareRequest(request: StreamRequest): SharedEventStream {
  const latest: ConnectionUser = { current: request };
  return {
    latest,
    subscribe: (listener?: () => void) => joinConnection(latest, listener),
    getSnapshot: () => findConnection(latest)?.getSnapshot() ?? FIRST_SNAPSHOT,
    project: projectorOf(latest) as unknown as SharedEventStream["project"],
    reconnect: () => latest.connection?.reconnect(),
  };
}
