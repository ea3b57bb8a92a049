import { createParser, type ParsedEvent, type Parser, type ParserOptions } from "./parser.ts";

/**
 * A `TransformStream` that turns the bytes or text of one event stream into its events.
 *
 * @example
 * const events = response.body.pipeThrough(new EventStreamParser());
 * @throws {SluiceError} `INVALID_OPTION` from the constructor. Both sides of the stream fail with `EVENT_TOO_LARGE`.
 */
export class EventStreamParser extends TransformStream<Uint8Array | string, ParsedEvent> {
  constructor(options?: Omit<ParserOptions, "onEvent">) {
    let parser: Parser;
    super({
      start(controller) {
        parser = createParser({ ...options, onEvent: (event) => controller.enqueue(event) });
      },
      transform: (chunk) => parser.push(chunk),
    });
  }
}
