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

  /** Knows what the desk sends, and no more, so that it does not share the mistakes of the library's own parser. */
  #take(block: string): void {
    const fields = block.split("\n").map((line) => /^(\w*): ?(.*)$/.exec(line)?.slice(1) ?? []);
    const fieldOf = (name: string) => fields.findLast(([field]) => field === name)?.[1];
    this.#lastEventId = fieldOf("id") ?? this.#lastEventId;
    const data = fieldOf("data");
    if (data === undefined) return;
    this.events.push({ type: fieldOf("event") ?? "message", id: this.#lastEventId, data: JSON.parse(data) });
  }
}
