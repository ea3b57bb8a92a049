export type { SchemaResult, StandardSchema } from "../base/checks/standard-schema.ts";
export { SluiceError, type SluiceErrorCode } from "../base/errors/sluice-error.ts";
export type { FetchFunction, Fresh } from "./connection/request.ts";
export {
  EventSource,
  type EventSourceErrorEvent,
  type EventSourceEventMap,
  type EventSourceMessage,
  type EventSourceOptions,
} from "./event-source/event-source.ts";
export type { Projection, ProjectionReducer, ProjectionType } from "./store/projection.ts";
export { type EventProjector, type SharedEventStream, shareEventStream } from "./store/share-event-stream.ts";
export type { Store, StreamSnapshot } from "./store/store.ts";
export { type AttemptEnd, EventStreamError, type Superseder } from "./stream/attempt/attempt-end.ts";
export type { StreamEvent, StreamEventFields, StreamGap } from "./stream/deliver/stream-event.ts";
export type { EventStream } from "./stream/event-stream.ts";
export type { KeyValueStorage, PositionStore } from "./stream/keep-position.ts";
export { openEventStream } from "./stream/open-event-stream.ts";
export type {
  AttemptPlan,
  EventStreamOptions,
  OnAttemptEnd,
  Sharing,
  StreamErrorContext,
  StreamState,
  StreamUrl,
  Verdict,
} from "./stream/stream-options.ts";
