export { SluiceError, type SluiceErrorCode } from "../base/sluice-error.ts";
export type { FetchFunction, Fresh } from "./connection/request.ts";
export {
  EventSource,
  type EventSourceErrorEvent,
  type EventSourceEventMap,
  type EventSourceOptions,
} from "./event-source/event-source.ts";
