import { quietInterval, sleep } from "../../../base/time/timers.ts";
import type { SharedConnections, StreamHub } from "../../../stream/stream-hub.ts";
import type { NodeHttp2Server, NodeHttp2Session, NodeHttp2Socket } from "../node-request.ts";
import { Http2Connection } from "./http2-connection.ts";

const STEP_MS = 20;
/** A client that does nothing for this time is gone, or takes no bytes. */
const CHECK_MS = 1_000;

/**
 * The sessions of HTTP/2 on which streams were requested, and all that their servers accepted later. On Node 20,
 * `server.close()` sends no GOAWAY, and waits until the clients leave: so a drain closes the sessions.
 */
export class Http2Sessions implements SharedConnections {
  readonly #hub: StreamHub;
  readonly #open = new Map<NodeHttp2Session, Http2Connection>();

  constructor(hub: StreamHub) {
    this.#hub = hub;
  }

  /** Adds the session of a request, and its server. Returns its connection. */
  watch(session: NodeHttp2Session): Http2Connection {
    const known = this.#open.get(session);
    if (known !== undefined) return known;
    if (session.server !== undefined) this.watchServer(session.server);
    const connection = this.#add(session);
    // The streams that are open on a closing session may finish, this request too.
    if (this.#hub.refusing) session.close();
    return connection;
  }

  close(): void {
    // Sends GOAWAY.
    for (const session of this.#open.keys()) session.close();
  }

  async finish(ms: number): Promise<void> {
    const start = performance.now();
    // Clients may have opened some since the drain began.
    this.close();
    this.#cutStuck();
    const checks = quietInterval(() => {
      this.#cutStuck();
      if (this.#open.size === 0) clearInterval(checks);
    }, CHECK_MS);
    if (ms === 0) return;
    while (this.#open.size > 0 && performance.now() - start < ms) await sleep(STEP_MS);
    for (const { socket } of this.#open.values()) socket.destroy();
  }

  /** Adds the sessions that the server accepts from now on. */
  watchServer(server: NodeHttp2Server): void {
    const { cleanups } = this.#hub;
    if (cleanups.has(server)) return;
    const onSession = (session: NodeHttp2Session) => void this.#add(session);
    server.on("session", onSession);
    cleanups.set(server, () => server.off("session", onSession));
  }

  #add(session: NodeHttp2Session): Http2Connection {
    // `session.socket` forbids `destroy`, but its other methods return the socket itself.
    const socket = (session.socket ?? session).once("close", () => this.#open.delete(session));
    const connection = new Http2Connection(this.#hub, session, socket);
    this.#open.set(session, connection);
    // Not at once: its first request would never be answered, and the client would connect again.
    if (this.#hub.refusing) session.once("stream", () => session.close());
    return connection;
  }

  /** Cuts the sessions that have waited for their client since the last check. They would never end by themselves. */
  #cutStuck(): void {
    for (const [session, connection] of this.#open) {
      const waiting = waitingFor(session, connection.socket);
      // Not `session.destroy()`, which would wait too.
      if (waiting !== undefined && waiting === connection.waiting) connection.socket.destroy();
      connection.waiting = waiting;
    }
  }
}

function waitingFor({ destroyed }: NodeHttp2Session, { _handle }: NodeHttp2Socket): string | undefined {
  if (destroyed) return "the client's end";
  const { bytesWritten, writeQueueSize = 0 } = _handle ?? {};
  return writeQueueSize > 0 ? `${bytesWritten} ${writeQueueSize}` : undefined;
}
