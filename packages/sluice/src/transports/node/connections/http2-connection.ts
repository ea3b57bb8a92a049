import type { NodeHttp2Session, NodeHttp2Socket } from "../node-request.ts";

/** The hub, as a connection uses it. */
interface ConnectionOwner {
  readonly settings: { readonly stallTimeout: number };
  /** A monotonic clock in whole ms, as of the last sweep or flush. */
  readonly now: number;
}

/**
 * One connection of HTTP/2. All its streams share the window in which its client takes bytes. If the client does not
 * enlarge that window, no stream can send, and a client that reconnects would do so on the same connection. So the
 * connection is what must end. See docs/decisions/092-end-a-stalled-http2-connection.md.
 */
export class Http2Connection {
  readonly session: NodeHttp2Session;
  readonly socket: NodeHttp2Socket;
  /** True if it was cut because it stalled. */
  hasStalled = false;
  /** Describes what the connection waited for at the last check; `undefined`: for nothing, or for the application. */
  waiting: string | undefined;
  readonly #owner: ConnectionOwner;
  #movedAt: number;

  constructor(owner: ConnectionOwner, session: NodeHttp2Session, socket: NodeHttp2Socket) {
    this.session = session;
    this.socket = socket;
    this.#owner = owner;
    this.#movedAt = owner.now;
  }

  /** Records that the client took bytes of one of the streams. */
  moved(): void {
    this.#movedAt = this.#owner.now;
  }

  /**
   * Cuts the connection if it is the connection that stalls, and not the stream that has found that it does. Returns
   * false if the stream alone stalls.
   */
  cutIfStalled(): boolean {
    const { now, settings } = this.#owner;
    if (!this.#isBlocked || now - this.#movedAt < settings.stallTimeout) return false;
    this.hasStalled = true;
    // Not `session.destroy()`, which waits for the client.
    this.socket.destroy();
    return true;
  }

  /** True if no stream can send at the moment: the client allows no byte, or the socket does not take what is sent. */
  get #isBlocked(): boolean {
    return this.session.state?.remoteWindowSize === 0 || (this.socket._handle?.writeQueueSize ?? 0) > 0;
  }
}
