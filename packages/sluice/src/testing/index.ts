export type { ParsedEvent } from "../protocol/parser.ts";
export { type CollectOptions, collect } from "./collect.ts";
export { EventStreamReader } from "./event-stream-reader.ts";
export { type OpenEventStreamOptions, openEventStream } from "./open-event-stream.ts";
