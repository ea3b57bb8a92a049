import type { CloseReason } from "../../index.ts";
import type { HttpAnswer } from "../../stream/answer/http-answer.ts";
import type { Framework, SendBody } from "../../stream/opening/framework.ts";
import { toErrorOfH3 } from "./h3-error.ts";

/** The part of a response of Node that the turn uses. */
interface TurnResponse {
  readonly socket: unknown;
  setHeader(name: string, value: string): unknown;
}

/** The functions that settle the promise of an event handler. */
interface Settle {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The turn of h3 1, between the event handler and the head. The handler returns a body, and h3 runs its hook
 * `onBeforeResponse`, which may still set headers. It then calls the body's `pipeTo`, and Sluice writes to Node's own
 * response.
 */
export class H3Turn implements Framework {
  readonly #response: TurnResponse;
  readonly #settle: Settle;
  /** True if h3 has the answer, which is a body or an error. */
  isOver = false;
  /** Resolves when the stream has ended. */
  closed: Promise<CloseReason> | undefined;

  constructor(response: TurnResponse, settle: Settle) {
    this.#response = response;
    this.#settle = settle;
  }

  begin(_headers: HttpAnswer["headers"], send: SendBody): void {
    this.#answer(() => send());
  }

  refuse(_answer: HttpAnswer, write: () => void): void {
    this.#answer(write);
  }

  fail(error: unknown, headers: HttpAnswer["headers"]): void {
    this.isOver = true;
    const failure = toErrorOfH3(error);
    for (const [name, value] of Object.entries(headers)) this.#response.setHeader(name, value);
    for (const [name, value] of Object.entries(failure.headers)) this.#response.setHeader(name, value);
    this.#settle.reject(failure.error);
  }

  #answer(write: () => void): void {
    // A pipelined response has no socket until the response before it has ended. h3 would drop its body.
    if (!this.#response.socket) return write();
    this.isOver = true;
    this.#settle.resolve({
      pipeTo: () => {
        write();
        return this.closed;
      },
    });
  }
}
