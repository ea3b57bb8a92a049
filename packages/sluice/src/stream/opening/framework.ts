import type { HttpAnswer } from "../answer/http-answer.ts";

/**
 * Key of a `Framework` in the options of a stream, for adapters only. It is the same in all copies of the package, and
 * the check of option names skips symbols.
 */
export const FRAMEWORK: unique symbol = Symbol.for("sluice.framework") as never;

/**
 * A framework that finishes the responses of `node:http` by itself: its hooks and middlewares set headers after the
 * handler has returned. An adapter implements it. Sluice calls exactly one of the methods, once.
 */
export interface Framework {
  /**
   * Hands the head of a stream to the framework. Calls `send` when the framework has finished the response, or never if
   * the framework answers otherwise: the source is then released when the response closes.
   */
  begin(headers: HttpAnswer["headers"], send: SendBody): void;
  /** Answers without a stream. `write` writes the answer to the response, if the framework leaves that to Sluice. */
  refuse(answer: HttpAnswer, write: () => void): void;
  /** Passes an error to the error handling of the framework, which answers. `headers` are those of the stream. */
  fail(error: unknown, headers: HttpAnswer["headers"]): void;
}

/**
 * Sends the head and the stream. With `body`, the head is up to the framework, and the stream goes into this body: a
 * middleware has wrapped it.
 */
export type SendBody = (body?: PushBody) => void;

/** A body that takes bytes, such as a `Readable`. */
export interface PushBody {
  readonly readableLength: number;
  readonly destroyed: boolean;
  /** Called when the body can take more bytes. */
  onRead: (() => void) | undefined;
  /** Adds bytes; `null` ends the body. Returns false if the body is full. */
  push(bytes: Uint8Array | null): boolean;
  destroy(): unknown;
}
