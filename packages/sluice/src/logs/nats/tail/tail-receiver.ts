import type { StreamMessage } from "../read/message.ts";
import { CatchUp, type CatchUpOptions } from "./catch-up.ts";
import type { NatsTailOptions } from "./tail-options.ts";

/** Refusals in a row after which the tail counts as failed. A stream without a leader refuses for a moment. */
const MAX_REFUSALS = 2;

/** Passes the messages of a tail on, and keeps count of refusals. */
export class TailReceiver {
  readonly options: NatsTailOptions;
  #refusals = 0;

  constructor(options: NatsTailOptions) {
    this.options = options;
  }

  /** Passes a message on. `isBehind`: more messages follow in the stream. */
  deliver(sequence: number, message: StreamMessage, isBehind: boolean): void {
    this.options.onMessage(sequence, message, isBehind);
  }

  /** Requests missed messages. */
  catchUp(range: Pick<CatchUpOptions, "next" | "last" | "nearBytes" | "onEnd">): CatchUp {
    return new CatchUp({
      ...this.options,
      ...range,
      onAnswer: () => this.accepted(),
      onMessage: (sequence, message, isBehind) => this.deliver(sequence, message, isBehind),
    });
  }

  /** The server refused a consumer. Call it once for each. */
  refused(error: Error): void {
    if (++this.#refusals === MAX_REFUSALS) this.options.onFailure(error);
  }

  /** The server accepted a consumer, or none is needed. */
  accepted(): void {
    if (this.#refusals >= MAX_REFUSALS) this.options.onFailure(undefined);
    this.#refusals = 0;
  }
}
