import { createParser } from "./temp-parser.ts";
import { onTestFinished } from "vitest";

/** An event as it came. */
export interface ReadEvent {
  readonly type: string;
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test knows what it expects, and fails when it is something else
  readonly data: any;
}

/** Reads an event stream event by event. */
export class EventReader {
  readonly response: Response;
  /** All events so far. */
  readonly events: ReadEvent[] = [];
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;
  #abort: AbortController;
  #changed: () => void = () => undefined;
  #isEnded = false;
  #taken = 0;

  constructor(response: Response, abort: AbortController) {
    this.response = response;
    this.#abort = abort;
    this.ended = this.#read().finally(() => {
      this.#isEnded = true;
      this.#changed();
    });
    this.ended.catch(() => undefined);
    onTestFinished(() => this.close());
  }

  /** The next event of this type that was not taken yet; rejects when the stream ends without one. */
  async next(type: string): Promise<ReadEvent> {
    for (;;) {
      for (; this.#taken < this.events.length; this.#taken++) {
        const event = this.events[this.#taken]!;
        if (event.type !== type) continue;
        this.#taken++;
        return event;
      }
      if (this.#isEnded) throw new Error(`The stream ended without an event ${type}.`);
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }

  close(): void {
    this.#abort.abort();
  }

  async #read(): Promise<void> {
    const parser = createParser({
      onEvent: ({ type, data, lastEventId }) => {
        this.events.push({ type, id: lastEventId, data: JSON.parse(data) });
      },
    });
    for await (const bytes of this.response.body ?? []) {
      parser.push(bytes);
      this.#changed();
    }
  }
}
