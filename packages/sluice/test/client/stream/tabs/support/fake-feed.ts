import type { FetchFunction } from "../../../../../src/client/index.ts";
import type { FakeTab } from "./fake-browser.ts";

/** An event of a feed. */
interface FeedEvent {
  readonly data: number;
  readonly id: string;
  /** True if no stream receives it. */
  readonly isSkipped: boolean;
}

/** A server in this process that streams numbers, from the position on, as Sluice does. */
export class FakeFeed {
  readonly events: FeedEvent[] = [];
  /** Number of open streams, and the highest number so far. */
  open = 0;
  most = 0;
  requests = 0;
  /** Positions before this number are lost: a client that resumes from one receives a gap. */
  keptFrom = 0;
  /** Text beside the number of each event, in a field that the tests do not read. */
  padding = "";
  /** Number of events that were sent on all streams. */
  sent = 0;
  /** Answers each request with this status. */
  refusal: { readonly status: number } | undefined;
  /** False: events and streams have no IDs, so each stream begins with the next event. */
  hasIds = true;
  /** Blocks of each new stream without a position. */
  initial = "";
  readonly #wakes = new Set<() => void>();

  /** Publishes numbers; if `isSkipped`, they only move the position of new streams. */
  publish(count = 1, isSkipped = false): void {
    for (; count > 0; count--) {
      const data = this.events.length + 1;
      this.events.push({ data, id: `e-${data}`, isSkipped });
    }
    for (const wake of this.#wakes) wake();
  }

  /** Resolves when a number is published, or when the signal aborts. */
  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#wakes.delete(wake);
        signal.removeEventListener("abort", wake);
        resolve();
      };
      this.#wakes.add(wake);
      signal.addEventListener("abort", wake);
    });
  }

  /** Returns the `fetch` of a tab. */
  fetchOf(tab: FakeTab, turns: () => Promise<void> = async () => {}): FetchFunction {
    return async (_, init) => {
      this.requests++;
      await turns();
      await tab.awake();
      if (this.refusal) return new Response("", this.refusal);
      const position = new Headers(init.headers).get("last-event-id");
      const signal = AbortSignal.any([init.signal!, tab.crashed.signal]);
      signal.throwIfAborted();
      let next = position === null ? this.events.length : Number(position.slice(2));
      let head = `: heartbeat=15000\n\n${position === null ? this.initial : ""}`;
      if (next < this.keptFrom && position !== null) {
        const gap = { reason: "trimmed", lastEventId: position, resumesAfter: `e-${this.keptFrom}` };
        next = this.keptFrom;
        head += `event: gap\nid: e-${next}\ndata: ${JSON.stringify(gap)}\n\n`;
      }
      if (this.hasIds) head += `id: e-${next}\n\n`;
      this.most = Math.max(this.most, ++this.open);
      const bytes = new TextEncoder();
      let isOver = false;
      const over = () => {
        if (!isOver) this.open--;
        isOver = true;
      };
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          signal.addEventListener("abort", () => {
            over();
            controller.error(signal.reason);
          });
          controller.enqueue(bytes.encode(head));
        },
        pull: async (controller) => {
          while (!this.events.slice(next).some(({ isSkipped }) => !isSkipped) && !isOver) await this.#change(signal);
          await turns();
          await tab.awake();
          if (isOver) return;
          let text = "";
          for (let count = 1 + Math.floor(Math.random() * 5); count > 0 && next < this.events.length; next++) {
            const { id, data: n, isSkipped } = this.events[next]!;
            if (isSkipped) continue;
            const idLine = this.hasIds ? `id: ${id}\n` : "";
            text += `event: n\n${idLine}data: ${JSON.stringify({ n, padding: this.padding })}\n\n`;
            this.sent++;
            count--;
          }
          controller.enqueue(bytes.encode(text));
        },
        cancel: over,
      });
      return new Response(body, { headers: { "content-type": "text/event-stream" } });
    };
  }
}
