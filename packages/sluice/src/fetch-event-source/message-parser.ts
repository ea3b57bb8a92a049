import { SluiceError } from "../base/errors/sluice-error.ts";
import { createUtf8Decoder } from "../protocol/utf8-decoder.ts";
import type { EventSourceMessage } from "./fetch-event-source-options.ts";

/** A complete block that has a message, or moves the position. */
export interface Block {
  /** `undefined`: the block has no data, so it is no event. */
  readonly message: EventSourceMessage | undefined;
  /** The last event ID after the block; `undefined`: no block had one. */
  readonly lastEventId: string | undefined;
}

/** Limit for the data of an event and for one line, in UTF-16 code units. */
const MAX_EVENT_LENGTH = 16 * 1024 * 1024;
const LINE_END = /\r\n?|\n/;
const DIGITS = /^\d+$/;

/** The blocks of one event stream (WHATWG HTML, section 9.2.6), with the fields that each of them has itself. */
export class MessageParser {
  readonly #decode = createUtf8Decoder();
  readonly #onBlock: (block: Block) => void;
  #isFirst = true;
  /** True if a line feed is the second half of a line end. */
  #skipsLineFeed = false;
  /** The line that is not complete. */
  #line = "";
  #lastEventId: string | undefined;
  #message: EventSourceMessage = { id: "", event: "", data: "" };
  #hasData = false;
  #hasId = false;
  #control = "";

  /** `lastEventId`: the position from which the stream resumes. */
  constructor(lastEventId: string | undefined, onBlock: (block: Block) => void) {
    this.#lastEventId = lastEventId;
    this.#onBlock = onBlock;
  }

  /**
   * Parses the next chunk. Returns its lines that control the connection: comments and reconnection times.
   *
   * @throws {SluiceError} `EVENT_TOO_LARGE`
   */
  push(bytes: Uint8Array): string {
    let text = this.#decode(bytes);
    if (text === "") return "";
    // [spec] One leading U+FEFF BYTE ORDER MARK character must be ignored if any are present.
    if (this.#isFirst ? text[0] === "\uFEFF" : this.#skipsLineFeed && text[0] === "\n") text = text.slice(1);
    this.#isFirst = false;
    this.#skipsLineFeed = text === "" ? false : text.endsWith("\r");
    const lines = text.split(LINE_END);
    const last = lines.pop()!;
    this.#control = "";
    for (const line of lines) {
      const complete = this.#line + line;
      this.#line = "";
      this.#parse(complete);
    }
    this.#line += last;
    check(this.#line.length);
    return this.#control;
  }

  #parse(line: string): void {
    if (line === "") return this.#complete();
    check(line.length);
    const colon = `${line}:`.indexOf(":");
    // [spec] If value starts with a U+0020 SPACE character, remove it from value.
    const value = line.slice(line[colon + 1] === " " ? colon + 2 : colon + 1);
    const message = this.#message;
    switch (line.slice(0, colon)) {
      case "data":
        message.data = this.#hasData ? `${message.data}\n${value}` : value;
        this.#hasData = true;
        return check(message.data.length);
      case "event":
        message.event = value;
        return;
      case "id":
        // [spec] If the field value does not contain U+0000 NULL, set the last event ID buffer to the field value.
        if (value.includes("\0")) return;
        message.id = value;
        this.#hasId = true;
        return;
      case "retry":
        // [spec] If the field value consists of only ASCII digits, interpret it as an integer in base ten.
        if (!DIGITS.test(value)) return;
        message.retry = Number(value);
        this.#control += `${line}\n`;
        return;
      case "":
        this.#control += `${line}\n`;
    }
  }

  /** Ends the block. A block without data has no event. */
  #complete(): void {
    const message = this.#hasData ? this.#message : undefined;
    if (this.#hasId) this.#lastEventId = this.#message.id;
    if (message || this.#hasId) this.#onBlock({ message, lastEventId: this.#lastEventId });
    this.#message = { id: "", event: "", data: "" };
    this.#hasData = false;
    this.#hasId = false;
  }
}

function check(length: number): void {
  if (length > MAX_EVENT_LENGTH) throw new SluiceError("EVENT_TOO_LARGE", `Event exceeds ${MAX_EVENT_LENGTH} units.`);
}
