import type { ProjectionReducer, ProjectionType } from "../client/store/projection.ts";
import type { EventProjector } from "../client/store/share-event-stream.ts";
import { check } from "../client/stream/check.ts";
import type { AnyEvents, EventMap } from "../client/stream/deliver/stream-event.ts";
import { useHeldStore } from "./use-held-store.ts";

/**
 * Returns state that a reducer computes from the events of a type, or of several types, of a stream: one of
 * {@link useEventStream} or of `shareEventStream`.
 *
 * The reducer receives each event from the moment the component mounts, once and in order, however many arrive between
 * two renderings. It runs when the event arrives, with the function of the newest rendering. The state begins with
 * `initialState`, else with `undefined`, and begins anew if the stream or the types change.
 *
 * ```tsx
 * const open = useEvents(stream, ["placed", "cancelled"], (n, _, { type }) => n + (type === "placed" ? 1 : -1), 0);
 * ```
 *
 * @throws {SluiceError} `INVALID_OPTION`
 */
export function useEvents<Events extends EventMap, Type extends ProjectionType<Events>, State>(
  stream: EventProjector<Events>,
  type: Type | readonly Type[],
  reducer: ProjectionReducer<Events, Type, State, State>,
  initialState: State,
): State;
export function useEvents<Events extends EventMap, Type extends ProjectionType<Events>, State>(
  stream: EventProjector<Events>,
  type: Type | readonly Type[],
  reducer: ProjectionReducer<Events, Type, State | undefined, State>,
): State | undefined;
export function useEvents(
  stream: EventProjector,
  type: string | readonly string[],
  reducer: ProjectionReducer<AnyEvents, string, unknown, unknown>,
  initialState?: unknown,
): unknown {
  check(stream?.project, "stream", stream);
  return useHeldStore(() => stream.project(type, reducer, initialState), [stream.project, type], reducer);
}
