import type { Readable } from "node:stream";
import type { PushBody, SendBody } from "../../stream/opening/framework.ts";

/** Not imported, because a bundler may include this module for a runtime without `node:stream`. */
const ReadableOfNode: typeof Readable = process.getBuiltinModule("node:stream").Readable;

/** A destination that compresses, and holds bytes back until a call of its `flush`. */
interface Flushable {
  flush?(): void;
}

/**
 * The body of an event stream, as a framework sees it. If the framework pipes it into the response, it passes no bytes:
 * Sluice writes to the response itself, which costs far less. If a middleware pipes or reads the body, for example to
 * compress it, the events go through the body.
 */
export class FrameworkBody extends ReadableOfNode implements PushBody {
  onRead: (() => void) | undefined;
  readonly #response: object;
  #send: SendBody | undefined;

  constructor(response: object, send: SendBody) {
    super({ highWaterMark: 65_536 });
    this.#response = response;
    this.#send = send;
    // Without a listener, an error with which the framework destroys the body would end the process.
    this.on("error", () => undefined);
  }

  override pipe<T extends NodeJS.WritableStream>(target: T, options?: { end?: boolean }): T {
    if ((target as object) === this.#response) {
      this.sendToResponse();
      return target;
    }
    super.pipe(target, options);
    this.on("data", () => (target as Flushable).flush?.());
    return target;
  }

  /** Lets Sluice write to the response. For the framework, the body has ended. */
  sendToResponse(): void {
    const send = this.#send;
    if (send === undefined) return;
    this.#send = undefined;
    this.push(null);
    this.resume();
    send();
  }

  override _read(): void {
    const send = this.#send;
    this.#send = undefined;
    if (send === undefined) this.onRead?.();
    else send(this);
  }
}
