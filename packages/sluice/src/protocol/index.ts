export { encodeEvent } from "./encode-event.ts";
export type { EventFields } from "./event-fields.ts";
export { EventStreamParser } from "./event-stream-parser.ts";
export { type EventStreamSource, type ParseEventStreamOptions, parseEventStream } from "./parse-event-stream.ts";
export { createParser, type ParsedEvent, type Parser, type ParserOptions } from "./parser.ts";
export { SluiceError, type SluiceErrorCode } from "./sluice-error.ts";
