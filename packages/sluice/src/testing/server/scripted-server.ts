import type { AsyncClosable } from "../../base/async-closable.ts";
import { invalidOption } from "../../base/checks/check-option.ts";
import { isSluiceError } from "../../base/errors/is-sluice-error.ts";
import { inTime } from "../time-limit.ts";
import { corsHeaders, isPreflight } from "./cors.ts";
import { HttpListener } from "./http-listener.ts";
import { ScriptedConnection } from "./scripted-connection.ts";
import { scriptedFetch } from "./scripted-fetch.ts";
import type { Wire } from "./wire.ts";

/** Answers one request. A script that rejects cuts its connection, and fails `next()` and `close()` of the server. */
export type Script = (connection: ScriptedConnection) => void | PromiseLike<void>;

/** Validated options of a scripted server. */
interface ServerSetup {
  readonly scripts: readonly Script[];
  readonly otherwise: Script | undefined;
  readonly sockets: boolean;
  readonly cors: boolean;
  readonly timeout: number;
}

/** The origin of a server without sockets. Names under `.invalid` never resolve (RFC 6761, section 6.4). */
const NO_ORIGIN = "http://scripted.invalid";

/** A server whose answers a test scripts, request by request. */
export class ScriptedServer implements AsyncClosable {
  /** The requests so far, in order, without preflights. */
  readonly connections: ScriptedConnection[] = [];
  /** Sends a request to this server within the process, past the socket. Its redirects stay within this server. */
  readonly fetch: typeof fetch = scriptedFetch((wire) => this.#isListening && this.#receive(wire));
  readonly #setup: ServerSetup;
  readonly #listener: HttpListener | undefined;
  readonly #scripts: Script[];
  /** Requests without a script that no call of `next()` has returned yet. */
  readonly #unclaimed: ScriptedConnection[] = [];
  #claims: ((connection: ScriptedConnection) => void)[] = [];
  #failure: { readonly error: unknown } | undefined;
  #isListening = false;

  /** @internal Use `startScriptedServer()`. */
  constructor(setup: ServerSetup) {
    this.#setup = setup;
    this.#scripts = [...setup.scripts];
    this.#listener = setup.sockets ? new HttpListener((wire) => this.#receive(wire)) : undefined;
  }

  /** The server's URL: `http://127.0.0.1:PORT/`. Every path leads to the same scripts. */
  get url(): string {
    return `${this.#listener?.origin ?? NO_ORIGIN}/`;
  }

  /** Adds scripts. Each answers one request, after those of earlier scripts. */
  script(...scripts: readonly Script[]): void {
    checkScripts("script", scripts);
    this.#scripts.push(...scripts);
  }

  /**
   * Resolves to the next request without a script, which the test then answers step by step. Rejects if no such request
   * comes in time, or if a script has failed.
   */
  async next(): Promise<ScriptedConnection> {
    this.#throwFailure();
    const waiting = this.#unclaimed.shift();
    if (waiting !== undefined) return waiting;
    let claim!: (connection: ScriptedConnection) => void;
    const claimed = new Promise<ScriptedConnection>((resolve) => this.#claims.push((claim = resolve)));
    const expected = () => `Expected a request after ${this.connections.length}`;
    try {
      return await inTime(this.#setup.timeout, claimed, expected);
    } finally {
      this.#claims = this.#claims.filter((each) => each !== claim);
    }
  }

  /** Closes the port and cuts all connections, as a server that crashes. Scripts that were not used remain. */
  async stop(): Promise<void> {
    this.#isListening = false;
    for (const connection of this.connections) connection.cut();
    await this.#listener?.stop();
  }

  /** Listens again on the same port, as a server that was restarted. */
  async start(): Promise<void> {
    await this.#listener?.start();
    this.#isListening = true;
  }

  /** Stops the server. Rejects with the error of a script that has failed. A second call does nothing. */
  async close(): Promise<void> {
    await this.stop();
    this.#throwFailure();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
  }

  /** Gives a request to its script, else to the test. Returns true. */
  #receive(wire: Wire): boolean {
    const headers = this.#setup.cors ? corsHeaders(wire.request) : {};
    const connection = new ScriptedConnection(wire, headers, this.#setup.timeout);
    if (this.#setup.cors && isPreflight(wire.request)) {
      void this.#play(connection, () => connection.answer(204));
      return true;
    }
    this.connections.push(connection);
    const script = this.#scripts.shift() ?? this.#setup.otherwise;
    if (script !== undefined) void this.#play(connection, script);
    else if (this.#claims.length > 0) this.#claims.shift()?.(connection);
    else this.#unclaimed.push(connection);
    return true;
  }

  async #play(connection: ScriptedConnection, script: Script): Promise<void> {
    try {
      await script(connection);
    } catch (error) {
      // A client may leave in the middle of a script.
      const hasLeft = connection.isClosed && isSluiceError(error) && error.code === "CLOSED";
      if (!hasLeft) this.#failure ??= { error };
      connection.cut();
    }
  }
}

/** Throws `INVALID_OPTION` unless each value is a function. */
export function checkScripts(name: string, scripts: unknown): void {
  const areFunctions = Array.isArray(scripts) && scripts.every((script) => typeof script === "function");
  if (!areFunctions) throw invalidOption(name, "an array of functions", scripts);
}
