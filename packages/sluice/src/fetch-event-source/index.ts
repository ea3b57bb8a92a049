export { SluiceError, type SluiceErrorCode } from "../base/errors/sluice-error.ts";
export { type AttemptEnd, EventStreamError, type Superseder } from "../client/stream/attempt/attempt-end.ts";
export { fetchEventSource } from "./fetch-event-source.ts";
export {
  type EventSourceMessage,
  EventStreamContentType,
  type FetchEventSourceInit,
  type FetchEventSourceOptions,
} from "./fetch-event-source-options.ts";
