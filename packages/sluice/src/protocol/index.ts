export { SluiceError, type SluiceErrorCode } from "../base/errors/sluice-error.ts";
export { encodeEvent } from "./encode-event.ts";
export type { EventFields } from "./event-fields.ts";
export { EventStreamParser } from "./event-stream-parser.ts";
export { type EventStreamSource, type ParseEventStreamOptions, parseEventStream } from "./parse-event-stream.ts";
export { createParser, type ParsedEvent, type Parser, type ParserOptions } from "./parser.ts";
