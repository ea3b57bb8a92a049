import type { JetStreamClient, JetStreamManager, jetstream } from "@nats-io/jetstream";
import { newEpoch } from "../../shared/epoch.ts";

/** A connection to NATS, of the packages `@nats-io/transport-node`, `@nats-io/nats-core` or `@nats-io/transport-deno`. */
export type NatsConnection = Parameters<typeof jetstream>[0];

/** A message as a subscription brings it. */
export type NatsMessage = Parameters<NatsConnection["publishMessage"]>[0];

/** What is done with a connection of JetStream's. */
export interface Session {
  readonly connection: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
}

/** Waited for work was broken off, since the connection broke. */
export class BrokenLink extends Error {}

/**
 * The connection of a log: the user's, or one of its own that is made when first needed. It knows at any moment which connection to which
 * server it is, so that nothing is sent by one that the log did not look at before.
 */
export class NatsLink {
  readonly #connect: () => Promise<Session>;
  readonly #isOwn: boolean;
  #session: Promise<Session> | undefined;
  #current: Session | undefined;
  #statuses: { stop?(): void } | undefined;
  #isDown = false;
  #isClosed = false;
  readonly #listeners = new Set<() => void>();
  #onLost: (error: Error) => void = () => undefined;

  constructor(connect: () => Promise<Session>, isOwn: boolean) {
    this.#connect = connect;
    this.#isOwn = isOwn;
  }

  /** Connects, unless that was done. After a rejection it can be tried again. */
  open(): Promise<Session> {
    this.#session ??= this.#connect().then(
      (session) => {
        this.#current = session;
        this.#watch(session.connection).catch(() => this.#tell());
        if (this.#isClosed) void this.close();
        return session;
      },
      (cause) => {
        this.#session = undefined;
        throw cause;
      },
    );
    return this.#session;
  }

  get session(): Session {
    if (this.#current === undefined) throw new Error("There is no connection to NATS yet.");
    return this.#current;
  }

  /** Names this connection to this server; `undefined` while there is none. Known at once: the client forgets `info` as it dials. */
  get identity(): string | undefined {
    const { connection } = this.session;
    if (this.#isDown || this.#isClosed || connection.isClosed()) return undefined;
    const { info } = connection;
    return info === undefined ? undefined : `${info.server_id} ${info.client_id}`;
  }

  /** Names the run of the server that this is connected to. */
  get serverId(): string {
    return this.session.connection.info?.server_id ?? "";
  }

  /** A subject for answers that only this connection listens to. */
  newInbox(): string {
    // The prefix that a user may be confined to is an option of the connection's, which it shows to its own packages.
    const { options } = this.session.connection as { readonly options?: { readonly inboxPrefix?: string } };
    return `${options?.inboxPrefix ?? "_INBOX"}.${newEpoch()}${newEpoch()}`;
  }

  /** Calls the listener whenever the connection broke or came back, until the function that it returns is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Calls the listener each time the connection broke that there was; it is made again by itself. */
  onLost(listener: (error: Error) => void): void {
    this.#onLost = listener;
  }

  /** Resolves once there is a connection. Rejects when there will not be one any more. */
  whenUp(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        if (this.#isClosed || this.session.connection.isClosed())
          reject(new Error("The connection to NATS is closed."));
        else if (this.identity !== undefined) resolve();
        else return;
        stop();
      };
      const stop = this.onChange(settle);
      settle();
    });
  }

  /** What `work` comes to, unless the connection breaks before: then it rejects with {@link BrokenLink} at once. */
  whileUp<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const { identity } = this;
      const stop = this.onChange(() => {
        if (this.identity === identity) return;
        stop();
        reject(new BrokenLink("The connection to NATS broke."));
      });
      work.then(resolve, reject).finally(stop);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#tell();
    this.#statuses?.stop?.();
    if (!this.#isOwn || this.#current === undefined) return;
    const { connection } = this.#current;
    // What was sent last may fail, and the client listens to its socket no more once it is closed: the error would be nobody's.
    await new Promise<void>((resolve) => setTimeout(resolve));
    await connection.close();
    // Of a socket on which it dials the client lets go without closing it, and a server that stands still never would: the process could not end.
    const { protocol } = connection as { readonly protocol?: { readonly transport?: { discard?(): void } } };
    protocol?.transport?.discard?.();
  }

  async #watch(connection: NatsConnection): Promise<void> {
    const statuses = connection.status();
    // Its iterators end by this alone, when the connection is not to be closed.
    this.#statuses = statuses as { stop?(): void };
    for await (const { type } of statuses) {
      if (type === "disconnect") {
        if (!this.#isDown && !this.#isClosed)
          this.#onLost(new Error("The connection to NATS broke; it is made again."));
        this.#isDown = true;
      } else if (type === "reconnect") this.#isDown = false;
      else continue;
      this.#tell();
    }
    this.#tell();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** What `work` comes to; rejects when that takes longer. */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooLate(ms, what)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Says that NATS took longer than it may. */
export function tooLate(ms: number, what: string): Error {
  return new Error(`NATS did not ${what} within ${ms} ms.`);
}

/** JetStream's numbers for what a request can run into. */
export const STREAM_NOT_FOUND = 10059;
export const STREAM_NAME_IN_USE = 10058;
export const WRONG_LAST_SEQUENCE = 10071;

/** JetStream's number of an error; `undefined` for any other. */
export function apiCode(error: unknown): number | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === "number" ? code : undefined;
}

/** Whether this is the client's own error for an answer that did not come in time, which says no more than "timeout". */
export function isTimeout(error: unknown): boolean {
  return (error as Error).name === "TimeoutError";
}
