import type { ReadBudget } from "../../shared/bounds/read-budget.ts";
import type { NatsLink, NatsMessage } from "../connection/nats-link.ts";
import type { StreamMessage } from "../read/message.ts";
import type { ReceivedBytes } from "./received-bytes.ts";

/** Options of {@link NatsTail}. */
export interface NatsTailOptions {
  readonly link: NatsLink;
  readonly stream: string;
  /** The subjects to which the server republishes the stream's messages. */
  readonly live: string;
  /** The log's timeout, in ms. */
  readonly timeout: number;
  /** The bytes in flight while channels of this process catch up. */
  readonly budget: ReadBudget;
  /** The live bytes of this turn, over all channels. */
  readonly received: ReceivedBytes;
  /** Returns the number of the next message that the log needs. */
  readonly next: () => number;
  /** Receives each message of the stream, with its number. `isBehind`: see {@link TailListener.appended}. */
  readonly onMessage: (sequence: number, message: StreamMessage, isBehind: boolean) => void;
  /** Returns the number of messages for which those before them wait: the rest of an append. */
  readonly awaited: () => number;
  /** See {@link TailListener.taken}. */
  readonly taken: () => Promise<void> | undefined;
  /** Receives the channel's life when a process has written it. */
  readonly onLife: (message: NatsMessage) => void;
  /** Called when {@link NatsTail.follow} must be called after another check, which begins now. */
  readonly onInterrupted: () => void;
  /** Called when a check should follow soon. */
  readonly onRetry: () => void;
  /** Called when {@link NatsTail.late} should be called soon. */
  readonly onLate: () => void;
  /** Called if the server finds none of the messages from the next one to number `last`. */
  readonly onHole: (last: number) => void;
  /** Called with the error if the server denies the user {@link live}. */
  readonly onDenied: (error: Error) => void;
  /**
   * Called with the error if the server repeatedly refuses a consumer, and with `undefined` once it accepts one or none
   * is needed. Not called while the connection is broken.
   */
  readonly onFailure: (error: Error | undefined) => void;
}
