import { afterTurn, quietTimeout, timeLimit } from "../../../base/time/timers.ts";
import { OutOfReach } from "../../shared/failures/out-of-reach.ts";
import { SCRIPT_NAMES, SCRIPTS, type ScriptName } from "../scripts/redis-scripts.ts";
import type { RedisClient } from "./redis-client.ts";
import { explainReply, isReply, mustReconnect } from "./redis-errors.ts";

/**
 * One connection to Redis, and so to one run of one Redis process. It ends if it breaks, if an answer does not arrive
 * in time, or if Redis's answer shows that this is no longer the right server. Then all pending commands reject. An
 * ended connection is replaced by a new one.
 */
export class RedisConnection {
  /** Resolves to the reason when the connection has ended. */
  readonly ended: Promise<Error>;
  isOver = false;
  readonly #client: RedisClient;
  readonly #address: string;
  readonly #timeout: number;
  readonly #shas = new Map<ScriptName, string>();
  readonly #asking = new Map<unknown, Promise<unknown>>();
  #reason: Error | undefined;
  #notifyEnded!: (reason: Error) => void;

  private constructor(client: RedisClient, address: string, timeout: number) {
    this.#client = client;
    this.#address = address;
    this.#timeout = timeout;
    this.ended = new Promise((resolve) => {
      this.#notifyEnded = resolve;
    });
    client.on("error", (error) => this.end(error));
    // An idle connection must not keep the process running. The timers of pending commands do.
    client.unref?.();
  }

  /**
   * Connects. Rejects with the reason if that fails. `timeout`, in ms, is the limit for connecting and for each answer.
   */
  static async open(client: RedisClient, address: string, timeout: number): Promise<RedisConnection> {
    const connection = new RedisConnection(client, address, timeout);
    try {
      const ended = connection.ended.then((reason) => Promise.reject(reason));
      const connected = connection.#inTime(client.connect(), "connection", quietTimeout, timeout);
      await Promise.race([connected, ended]);
      return connection;
    } catch (error) {
      connection.end(error as Error);
      throw connection.#reason ?? error;
    }
  }

  /**
   * Sends a command and returns its answer. `blockMs`: time for which Redis may block the command, added to the
   * timeout. A blocking command does not keep the process running.
   */
  async send(words: readonly string[], blockMs = 0): Promise<unknown> {
    if (this.isOver) throw this.#lost();
    const startTimer = blockMs === 0 ? setTimeout : quietTimeout;
    try {
      return await this.#inTime(this.#client.sendCommand(words), "answer", startTimer, this.#timeout + blockMs);
    } catch (error) {
      if (!isReply(error)) {
        this.end(error as Error);
        throw this.#lost();
      }
      const explained = explainReply(error, this.#address);
      if (mustReconnect(error)) this.end(explained);
      throw explained;
    }
  }

  /** Loads the scripts into Redis. Call this once, before {@link run}. */
  async loadScripts(): Promise<void> {
    const shas = await Promise.all(SCRIPT_NAMES.map((name) => this.send(["SCRIPT", "LOAD", SCRIPTS[name]])));
    for (const [i, name] of SCRIPT_NAMES.entries()) this.#shas.set(name, String(shas[i]));
  }

  /** Runs a script on the keys of one channel. */
  async run(script: ScriptName, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return await this.send(["EVALSHA", this.#shas.get(script) as string, ...rest]);
    } catch (error) {
      // A SCRIPT FLUSH has removed the scripts.
      if (!isReply((error as Error).cause, "NOSCRIPT")) throw error;
      return this.send(["EVAL", SCRIPTS[script], ...rest]);
    }
  }

  /** Calls `ask` after this event-loop turn, once for all calls of the turn. Returns its answer to each of them. */
  askOnce<T>(ask: (connection: RedisConnection) => Promise<T>): Promise<T> {
    const asking = this.#asking.get(ask) as Promise<T> | undefined;
    if (asking !== undefined) return asking;
    const asked = new Promise<T>((resolve) => {
      afterTurn(() => {
        this.#asking.delete(ask);
        resolve(ask(this));
      });
    });
    this.#asking.set(ask, asked);
    return asked;
  }

  end(reason: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#reason = reason;
    try {
      this.#client.destroy();
    } catch {
      // redis 5 throws if the connection is already closed.
    }
    this.#notifyEnded(reason);
  }

  #lost(): OutOfReach {
    const message =
      `The connection to Redis at ${this.#address} was lost (${this.#reason?.message}). ` +
      "Commands in flight may or may not have been executed. Try again.";
    return new OutOfReach(message, { cause: this.#reason, store: `Redis at ${this.#address}` });
  }

  #inTime<T>(answer: Promise<T>, what: string, startTimer: typeof quietTimeout, limit: number): Promise<T> {
    let isSettled = false;
    const giveUp = () => {
      if (!isSettled) this.end(new Error(`no ${what} within ${limit} ms`));
    };
    const stop = timeLimit(giveUp, limit, startTimer);
    // `end` destroys the client, which rejects all pending commands.
    return answer.finally(() => {
      isSettled = true;
      stop();
    });
  }
}
