import { SluiceError } from "../../../base/sluice-error.ts";
import { SCRIPT_NAMES, SCRIPTS, type ScriptName } from "../redis-scripts.ts";
import type { RedisClient } from "./redis-client.ts";
import { explainReply, isReply, mustReconnect } from "./redis-errors.ts";

/**
 * One connection to Redis, and so to one run of one Redis process. It ends when it breaks, when an answer does not come in time, and when
 * Redis says that it is the wrong place now; then everything that waits rejects. It never comes back: another one is made.
 */
export class RedisConnection {
  /** Resolves, to the reason, when the connection has ended. */
  readonly ended: Promise<Error>;
  isOver = false;
  readonly #client: RedisClient;
  readonly #address: string;
  readonly #timeout: number;
  readonly #shas = new Map<ScriptName, string>();
  #reason: Error | undefined;
  #notifyClosed!: (reason: Error) => void;

  private constructor(client: RedisClient, address: string, timeout: number) {
    this.#client = client;
    this.#address = address;
    this.#timeout = timeout;
    this.ended = new Promise((resolve) => {
      this.#notifyClosed = resolve;
    });
    client.on("error", (error) => this.end(error));
  }

  /** Connects; rejects with what stood in the way. */
  static async open(client: RedisClient, address: string, timeout: number): Promise<RedisConnection> {
    const connection = new RedisConnection(client, address, timeout);
    try {
      const ended = connection.ended.then((reason) => Promise.reject(reason));
      await Promise.race([connection.#inTime(client.connect(), timeout, "connection"), ended]);
      return connection;
    } catch (error) {
      connection.end(error as Error);
      throw connection.#reason ?? error;
    }
  }

  /** Sends one command. Waits `patience` ms longer than usual for what takes its time by intent. */
  async send(words: readonly string[], patience = 0): Promise<unknown> {
    if (this.isOver) throw this.#lost();
    try {
      return await this.#inTime(this.#client.sendCommand(words), this.#timeout + patience, "answer");
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

  /** Tells Redis the scripts, before anything else runs them. */
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
      // Somebody has flushed the scripts (SCRIPT FLUSH).
      if (!isReply((error as Error).cause, "NOSCRIPT")) throw error;
      return this.send(["EVAL", SCRIPTS[script], ...rest]);
    }
  }

  end(reason: Error): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#reason = reason;
    try {
      this.#client.destroy();
    } catch {
      // redis 5 throws when the connection is gone already.
    }
    this.#notifyClosed(reason);
  }

  #lost(): SluiceError {
    const message = `The connection to Redis at ${this.#address} was lost (${this.#reason?.message}); what was under way may or may not have been done. Try again.`;
    return new SluiceError("LOG_FAILED", message, { cause: this.#reason });
  }

  #inTime<T>(answer: Promise<T>, limit: number, what: string): Promise<T> {
    let isSettled = false;
    const giveUp = () => {
      if (!isSettled) this.end(new Error(`no ${what} within ${limit} ms`));
    };
    // Where this process was held up, the answer may be there already, unread: it is read before the next immediate.
    const timer = setTimeout(() => setImmediate(giveUp), limit);
    // A client that is destroyed rejects whatever waits.
    return answer.finally(() => {
      isSettled = true;
      clearTimeout(timer);
    });
  }
}
