import { createParser, type ParsedEvent, type Parser, type ParserOptions } from "./parser.ts";

/**
 * A `TransformStream` from the bytes (or the text) of one event stream to its events.
 *
 * @example
 * const events = response.body.pipeThrough(new EventStreamParser());
 * @throws {SluiceError} `INVALID_OPTION` from the constructor; `EVENT_TOO_LARGE` is what both sides fail with.
 */
export class EventStreamParser extends TransformStream<Uint8Array | string, ParsedEvent> {
  constructor(options: Omit<ParserOptions, "onEvent"> = {}) {
    let parser: Parser;
    super({
      start(controller) {
        parser = createParser({ ...options, onEvent: (event) => controller.enqueue(event) });
      },
      transform(chunk) {
        parser.push(chunk);
      },
    });
  }
}
