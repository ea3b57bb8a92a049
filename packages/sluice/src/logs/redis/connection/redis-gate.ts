import { quietTimeout } from "../../../base/time/timers.ts";
import { closedError } from "../../shared/failures/closed-error.ts";
import { OutOfReach } from "../../shared/failures/out-of-reach.ts";
import { retryIdempotent } from "../../shared/failures/retry-idempotent.ts";
import { Pause } from "./pause.ts";
import type { RedisClients } from "./redis-client.ts";
import { RedisConnection } from "./redis-connection.ts";
import { isHopeless, isNoServer } from "./redis-errors.ts";

/**
 * Pauses before an attempt to connect. The pause doubles from the first to the longest. A random part of it, up to a
 * half, is left out.
 */
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 1_000;

/** Callbacks of {@link RedisGate}. */
export interface GateCallbacks {
  /** Prepares a new connection before any other command uses it. If this rejects, the gate makes another connection. */
  prepare(connection: RedisConnection): Promise<void>;
  /** Called for each lost connection, and for the first of several failures to connect. */
  onLost(error: Error): void;
}

/** A caller that waits for a connection. */
interface Waiting {
  resolve(connection: RedisConnection): void;
  reject(error: Error): void;
}

/**
 * Keeps one connection to Redis, and reconnects without limit. Callers receive a connection only after
 * {@link GateCallbacks.prepare} has prepared it.
 */
export class RedisGate {
  readonly #clients: RedisClients;
  readonly #timeout: number;
  readonly #callbacks: GateCallbacks;
  readonly #waiting = new Set<Waiting>();
  readonly #pause = new Pause();
  #connection: RedisConnection | undefined;
  #preparing: RedisConnection | undefined;
  #problem: Error | undefined;
  /** True after the first connection. If no server listens later, it may be restarting, so callers wait for it. */
  #hadConnection = false;
  #isRunning = false;
  #isClosed = false;

  constructor(clients: RedisClients, timeout: number, callbacks: GateCallbacks) {
    this.#clients = clients;
    this.#timeout = timeout;
    this.#callbacks = callbacks;
  }

  get address(): string {
    return this.#clients.address;
  }

  /** Names Redis in errors. */
  get #store(): string {
    return `Redis at ${this.address}`;
  }

  /** The current connection; `undefined` while disconnected. */
  get connection(): RedisConnection | undefined {
    return this.#connection?.isOver ? undefined : this.#connection;
  }

  /**
   * Resolves to a connection as soon as there is one. Rejects after the timeout. Rejects at once if there never was a
   * connection and no server listens at the address. Only a caller that is not `idle` keeps the process running.
   */
  open({ idle = false }: { readonly idle?: boolean } = {}): Promise<RedisConnection> {
    if (this.#isClosed) return Promise.reject(closedError());
    const { connection } = this;
    if (connection !== undefined) return Promise.resolve(connection);
    if (!this.#isRunning) void this.#run();
    return new Promise((resolve, reject) => {
      const startTimer = idle ? quietTimeout : setTimeout;
      const timer = startTimer(() => waiting.reject(this.#unconnected()), this.#timeout);
      const leave = () => {
        clearTimeout(timer);
        this.#waiting.delete(waiting);
      };
      const waiting: Waiting = {
        resolve: (connection) => {
          leave();
          resolve(connection);
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      this.#waiting.add(waiting);
    });
  }

  /**
   * Runs idempotent `work`. If the connection is lost meanwhile, runs it again over the next one, until the timeout.
   */
  async use<T>(work: (connection: RedisConnection) => Promise<T>): Promise<T> {
    const timeoutError = () => (this.connection === undefined ? this.#unconnected() : this.#unanswered());
    const { result } = await retryIdempotent({ timeout: this.#timeout, timeoutError }, async () => {
      let connection: RedisConnection | undefined;
      try {
        connection = await this.open();
        return { result: await work(connection) };
      } catch (error) {
        if (connection?.isOver && !this.#isClosed) return undefined;
        throw error;
      }
    });
    return result;
  }

  close(): void {
    this.#isClosed = true;
    const reason = closedError();
    for (const { reject } of [...this.#waiting]) reject(reason);
    this.#connection?.end(reason);
    this.#preparing?.end(reason);
    this.#pause.end();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let failures = 0; !this.#isClosed; failures++) {
      try {
        this.#preparing = await RedisConnection.open(this.#clients.make(), this.address, this.#timeout);
        if (this.#isClosed) break;
        await this.#callbacks.prepare(this.#preparing);
        this.#connection = this.#preparing;
        this.#preparing = undefined;
        this.#hadConnection = true;
        failures = 0;
        for (const { resolve } of [...this.#waiting]) resolve(this.#connection);
        this.#lost(await this.#connection.ended, true);
      } catch (error) {
        this.#lost(error as Error, failures === 0);
        const isPermanent = isHopeless(error) || (!this.#hadConnection && isNoServer(error));
        if (isPermanent) for (const { reject } of [...this.#waiting]) reject(this.#unconnected());
      } finally {
        this.#preparing?.end(this.#problem ?? closedError());
        this.#preparing = undefined;
        this.#connection = undefined;
      }
      if (!this.#isClosed) {
        const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
        await this.#pause.start(longest * (1 - Math.random() / 2));
      }
    }
  }

  #lost(error: Error, isReported: boolean): void {
    this.#problem = error;
    if (isReported && !this.#isClosed) this.#callbacks.onLost(this.#unconnected());
  }

  #unconnected(): OutOfReach {
    const reason = this.#problem?.message ?? `no connection within ${this.#timeout} ms`;
    const message =
      `Not connected to ${this.#store} (${reason}). The log keeps trying. ` +
      "Check that Redis is running and reachable from here.";
    return new OutOfReach(message, { cause: this.#problem, store: this.#store });
  }

  #unanswered(): OutOfReach {
    const message = `${this.#store} did not answer within ${this.#timeout} ms.`;
    return new OutOfReach(message, { store: this.#store });
  }
}
