import { onTestFinished } from "vitest";

/** A received event. */
export interface ReadEvent {
  readonly type: string;
  readonly id: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test knows the type of its data, and fails if the data differs
  readonly data: any;
}

/** Reads an event stream event by event. */
export class EventReader {
  readonly response: Response;
  /** All events received so far. */
  readonly events: ReadEvent[] = [];
  /** Resolves when the server ends the stream. */
  readonly ended: Promise<void>;
  #abort: AbortController;
  #changed: () => void = () => undefined;
  #isEnded = false;
  #taken = 0;
  #lastEventId = "";

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

  /**
   * Resolves to the next event of this type and skips other types. Rejects if the stream ends without such an event.
   */
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
    const decoder = new TextDecoder();
    let text = "";
    for await (const bytes of this.response.body ?? []) {
      text += decoder.decode(bytes, { stream: true });
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) this.#take(block);
      this.#changed();
    }
  }

  /** Parses only the format that the desk sends. It does not use the library's parser, so it cannot share its bugs. */
  #take(block: string): void {
    const fields = block.split("\n").map((line) => /^(\w*): ?(.*)$/.exec(line)?.slice(1) ?? []);
    const fieldOf = (name: string) => fields.findLast(([field]) => field === name)?.[1];
    this.#lastEventId = fieldOf("id") ?? this.#lastEventId;
    const data = fieldOf("data");
    if (data === undefined) return;
    this.events.push({ type: fieldOf("event") ?? "message", id: this.#lastEventId, data: JSON.parse(data) });
  }
}
