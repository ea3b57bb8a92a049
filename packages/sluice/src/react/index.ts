export type { Projection, ProjectionReducer, ProjectionType } from "../client/store/projection.ts";
export type { EventProjector } from "../client/store/share-event-stream.ts";
export type { Store, StreamSnapshot } from "../client/store/store.ts";
export { type EventStreamView, useEventStream } from "./use-event-stream.ts";
export { useEvents } from "./use-events.ts";
