import type { JetStreamClient, JetStreamManager, jetstream } from "@nats-io/jetstream";
import { isSluiceError } from "../../../base/errors/is-sluice-error.ts";
import { sleep } from "../../../base/time/timers.ts";
import { type OutageOptions, OutOfReach } from "../../shared/failures/out-of-reach.ts";
import { newEpoch } from "../../shared/life/epoch.ts";
import { letExit } from "./let-exit.ts";
import { BrokenLink, isDenied, isNotTaken, isTimeout } from "./nats-errors.ts";

/**
 * A connection to NATS, of the packages `@nats-io/transport-node`, `@nats-io/nats-core` or `@nats-io/transport-deno`.
 */
export type NatsConnection = Parameters<typeof jetstream>[0];

/** A message that a subscription delivers. */
export type NatsMessage = Parameters<NatsConnection["publishMessage"]>[0];

/** Servers that an error names. */
const MAX_SHOWN_SERVERS = 3;

/** A connection with its JetStream client and manager. */
export interface Session {
  readonly connection: NatsConnection;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
}

/** Options of {@link NatsLink}. */
export interface NatsLinkOptions {
  readonly connect: () => Promise<Session>;
  /**
   * The addresses, without credentials, to which `connect` makes a connection of the link's own. `undefined`: the
   * connection is the user's.
   */
  readonly servers?: readonly string[];
  /** The JetStream domain of the streams, if the user names one. */
  readonly domain: string | undefined;
}

/**
 * A log's connection to NATS: the user's own, or one that the link opens on first use. The link always knows which
 * connection to which server is current, so the log sends nothing over a connection on which it has not checked the
 * stream.
 */
export class NatsLink {
  readonly #connect: () => Promise<Session>;
  readonly #servers: readonly string[] | undefined;
  readonly #domain: string | undefined;
  #opening: Promise<Session> | undefined;
  #session: Session | undefined;
  #statuses: { stop?(): void } | undefined;
  #isDown = false;
  #isClosed = false;
  readonly #listeners = new Set<() => void>();
  #onLost: (error: Error) => void = () => undefined;
  /** Address of the server to which the link was last connected. */
  #server = "";

  constructor({ connect, servers, domain }: NatsLinkOptions) {
    this.#connect = connect;
    this.#servers = servers;
    this.#domain = domain;
  }

  /** Names NATS and its addresses in errors. */
  get store(): string {
    const servers = this.#servers ?? [this.#server];
    const shown = servers.slice(0, MAX_SHOWN_SERVERS).join(", ");
    return shown === "" ? "NATS" : `NATS at ${shown}${servers.length > MAX_SHOWN_SERVERS ? " …" : ""}`;
  }

  /** Connects on the first call. After a rejection, the next call tries again. */
  open(): Promise<Session> {
    this.#opening ??= this.#connect().then(
      (session) => {
        this.#session = session;
        this.#watch(session.connection).catch(() => this.#notify());
        if (this.#isClosed) void this.close();
        return session;
      },
      (cause) => {
        this.#opening = undefined;
        throw cause;
      },
    );
    return this.#opening;
  }

  get session(): Session {
    if (this.#session === undefined) throw new Error("There is no connection to NATS yet.");
    return this.#session;
  }

  /** Identifies the current connection to the current server; `undefined` while disconnected. */
  get identity(): string | undefined {
    const { connection } = this.session;
    // `#isDown` is set at once on a disconnect. The client clears `info` only when it redials.
    if (this.#isDown || this.#isClosed || connection.isClosed()) return undefined;
    const { info } = connection;
    return info === undefined ? undefined : `${info.server_id} ${info.client_id}`;
  }

  /**
   * Identifies the run of the connected server, if that server can have streams. `undefined` if it only leads to other
   * servers: it has no JetStream, or the user names the domain of the streams.
   */
  get soleServerId(): string | undefined {
    const { info } = this.session.connection;
    return info?.jetstream && this.#domain === undefined ? info.server_id : undefined;
  }

  /** True if the streams can only be on the connected server, which belongs to no cluster. */
  get isAlone(): boolean {
    return this.soleServerId !== undefined && this.session.connection.info?.cluster === undefined;
  }

  /** Begins the subjects of JetStream's requests. */
  get apiPrefix(): string {
    return this.#domain === undefined ? "$JS.API" : `$JS.${this.#domain}.API`;
  }

  /** Returns a new subject for answers, on which only this connection listens. */
  newInbox(): string {
    // The inbox prefix is an option of the connection: a server may confine its user to it. Only NATS's own packages
    // see its type.
    const { options } = this.session.connection as { readonly options?: { readonly inboxPrefix?: string } };
    return `${options?.inboxPrefix ?? "_INBOX"}.${newEpoch()}${newEpoch()}`;
  }

  /** Calls `listener` whenever the connection breaks or comes back. Returns a function that stops this. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Calls `listener` each time the connection breaks. The client reconnects by itself. */
  onLost(listener: (error: Error) => void): void {
    this.#onLost = listener;
  }

  /** Returns an error of an outage. Its message is the name of NATS, a predicate, and a full stop. */
  error(predicate: string, options: OutageOptions = {}): OutOfReach {
    const { store } = this;
    return new OutOfReach(`${store} ${predicate}.`, { store, ...options });
  }

  /** Returns the error of an outage if NATS refuses all work, or does not answer. Returns any other error as it is. */
  explain(cause: Error): Error {
    if (isSluiceError(cause)) return cause;
    if (isTimeout(cause)) return this.error("does not answer", { cause });
    if (isNotTaken(cause))
      return this.error("has no JetStream: it is starting, or not enabled for this user", { cause });
    if (!isDenied(cause)) return cause;
    const reason = `refused a request: ${cause.message}. docs/logs.md lists the permissions that Sluice needs`;
    return this.error(reason, { cause, outage: "permission" });
  }

  /** Resolves once connected. Rejects if the connection is closed for good. */
  whenUp(): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        if (this.#isClosed || this.session.connection.isClosed())
          reject(this.error("is not reachable: the connection is closed"));
        else if (this.identity !== undefined) resolve();
        else return;
        stop();
      };
      const stop = this.onChange(settle);
      settle();
    });
  }

  /** Returns the result of `work`. Rejects with {@link BrokenLink} as soon as the connection breaks. */
  whileUp<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const { identity } = this;
      const stop = this.onChange(() => {
        if (this.identity === identity) return;
        stop();
        reject(new BrokenLink(`The connection to ${this.store} was lost.`, { store: this.store }));
      });
      work.then(resolve, reject).finally(stop);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#notify();
    this.#statuses?.stop?.();
    if (this.#servers === undefined || this.#session === undefined) return;
    const { connection } = this.#session;
    // The last write may still fail. A closed client no longer listens to its socket, and the unhandled error would end
    // the process.
    await sleep(0);
    await connection.close();
    // If the client is still connecting, `close()` drops the socket without closing it, and a stopped server never
    // closes its end. Destroy the socket so that the process can exit.
    const { protocol } = connection as { readonly protocol?: { readonly transport?: { discard?(): void } } };
    protocol?.transport?.discard?.();
  }

  async #watch(connection: NatsConnection): Promise<void> {
    const connected = () => {
      this.#server = connection.getServer?.() ?? "";
      if (this.#servers !== undefined) letExit(connection);
    };
    connected();
    const statuses = connection.status();
    // If the connection stays open, only `stop()` ends this iterator.
    this.#statuses = statuses as { stop?(): void };
    for await (const { type } of statuses) {
      if (type === "disconnect") {
        const error = this.error("is out of reach: the connection was lost. The client keeps trying to reconnect");
        if (!this.#isDown && !this.#isClosed) this.#onLost(error);
        this.#isDown = true;
      } else if (type === "reconnect") {
        this.#isDown = false;
        connected();
      } else continue;
      this.#notify();
    }
    this.#notify();
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
