import { SluiceError } from "../../../base/sluice-error.ts";
import { closedError } from "../../shared/closed-error.ts";
import type { RedisClients } from "./redis-client.ts";
import { RedisConnection } from "./redis-connection.ts";
import { isHopeless, isNobodyThere } from "./redis-errors.ts";

/** Pause before connecting again, in ms: doubled from the first to the last, and up to half of it is left to chance. */
const FIRST_PAUSE_MS = 25;
const LAST_PAUSE_MS = 1_000;

/** What the gate's owner does with its connections. */
export interface GateKeeper {
  /** Finds out what is there now, on a new connection, before anything else goes over it. Where it rejects, another one is made. */
  enter(connection: RedisConnection): Promise<void>;
  /** Hears of each connection that was lost, and of the first of several failures to get one. */
  onLost(error: Error): void;
}

/** Someone waiting for a connection. */
interface Waiting {
  pass(connection: RedisConnection): void;
  refuse(error: Error): void;
}

/** Keeps one connection to Redis, forever making another, and lets commands through only while there is one that was entered. */
export class RedisGate {
  readonly #clients: RedisClients;
  readonly #timeout: number;
  readonly #keeper: GateKeeper;
  readonly #waiting = new Set<Waiting>();
  #connection: RedisConnection | undefined;
  #entering: RedisConnection | undefined;
  #problem: Error | undefined;
  /** Whether there ever was a connection: what it led to may be restarting, and is waited for. */
  #hadConnection = false;
  #isRunning = false;
  #isClosed = false;
  #wake: (() => void) | undefined;

  constructor(clients: RedisClients, timeout: number, keeper: GateKeeper) {
    this.#clients = clients;
    this.#timeout = timeout;
    this.#keeper = keeper;
  }

  get address(): string {
    return this.#clients.address;
  }

  /** The connection there is, if there is one. */
  get connection(): RedisConnection | undefined {
    return this.#connection?.isOver ? undefined : this.#connection;
  }

  /**
   * Resolves to a connection as soon as there is one; rejects when there is none within the timeout, and at once where there never was one and
   * nobody is at the address.
   */
  open(): Promise<RedisConnection> {
    if (this.#isClosed) return Promise.reject(this.closedError());
    const { connection } = this;
    if (connection !== undefined) return Promise.resolve(connection);
    if (!this.#isRunning) void this.#run();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => waiting.refuse(this.#unconnected()), this.#timeout);
      const leave = () => {
        clearTimeout(timer);
        this.#waiting.delete(waiting);
      };
      const waiting: Waiting = {
        pass: (found) => {
          leave();
          resolve(found);
        },
        refuse: (error) => {
          leave();
          reject(error);
        },
      };
      this.#waiting.add(waiting);
    });
  }

  /** Does what may be done twice: where the connection is lost meanwhile, again on the next, until the timeout. */
  use<T>(work: (connection: RedisConnection) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        reject(this.connection === undefined ? this.#unconnected() : this.#unanswered());
      }, this.#timeout);
      const settle = (tell: () => void) => {
        clearTimeout(timer);
        tell();
      };
      const attempt = async (): Promise<void> => {
        let connection: RedisConnection | undefined;
        try {
          connection = await this.open();
          const result = await work(connection);
          settle(() => resolve(result));
        } catch (error) {
          if (!isLate && connection?.isOver && !this.#isClosed) return attempt();
          settle(() => reject(error));
        }
      };
      void attempt();
    });
  }

  close(): void {
    this.#isClosed = true;
    const reason = this.closedError();
    for (const { refuse } of [...this.#waiting]) refuse(reason);
    this.#connection?.end(reason);
    this.#entering?.end(reason);
    this.#wake?.();
  }

  closedError(): SluiceError {
    return closedError();
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    for (let failures = 0; !this.#isClosed; failures++) {
      try {
        this.#entering = await RedisConnection.open(this.#clients.make(), this.address, this.#timeout);
        if (this.#isClosed) break;
        await this.#keeper.enter(this.#entering);
        this.#connection = this.#entering;
        this.#entering = undefined;
        this.#hadConnection = true;
        failures = 0;
        for (const { pass } of [...this.#waiting]) pass(this.#connection);
        this.#lost(await this.#connection.ended, true);
      } catch (error) {
        this.#lost(error as Error, failures === 0);
        const isFutile = isHopeless(error) || (!this.#hadConnection && isNobodyThere(error));
        if (isFutile) for (const { refuse } of [...this.#waiting]) refuse(this.#unconnected());
      } finally {
        this.#entering?.end(this.#problem ?? this.closedError());
        this.#entering = undefined;
        this.#connection = undefined;
      }
      if (!this.#isClosed) await this.#pause(failures);
    }
  }

  #lost(error: Error, tell: boolean): void {
    this.#problem = error;
    if (tell && !this.#isClosed) this.#keeper.onLost(this.#unconnected());
  }

  #pause(failures: number): Promise<void> {
    const longest = Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures);
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, longest * (1 - Math.random() / 2));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #unconnected(): SluiceError {
    const reason = this.#problem?.message ?? `no connection within ${this.#timeout} ms`;
    const message = `Not connected to Redis at ${this.address} (${reason}); it is being tried again. Is it running, and reachable from here?`;
    return new SluiceError("LOG_FAILED", message, { cause: this.#problem });
  }

  #unanswered(): SluiceError {
    return new SluiceError("LOG_FAILED", `Redis at ${this.address} did not answer within ${this.#timeout} ms.`);
  }
}
