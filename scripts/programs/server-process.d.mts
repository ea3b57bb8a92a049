/** A server that tests start for themselves. */
export interface ServerProgram {
  /** Its name in programs.mjs. */
  readonly name: string;
  /** The scheme of its URLs. */
  readonly scheme: string;
  argumentsFor(port: number, folder: string): readonly string[];
  /** The line that asks the server if it is ready. Empty if the server greets every connection unasked. */
  readonly question: string;
  /** Returns true if the server's answer means that it is ready. */
  isReady(answer: string): boolean;
}

export interface ServerSettings {
  /** Arguments to append to those of `argumentsFor`. */
  readonly args?: readonly string[];
  /** Replaces the command line, e.g. to run the server on a certain processor. */
  readonly wrap?: (command: string, args: readonly string[]) => readonly [command: string, args: readonly string[]];
}

/** Redis. Writes nothing to disk, unless its arguments say otherwise. */
export declare const REDIS: ServerProgram;
/** Arguments with which Redis writes to disk before it answers, so that acknowledged events survive SIGKILL. */
export declare const DURABLE: readonly string[];
/** NATS with JetStream. */
export declare const NATS: ServerProgram;

/**
 * A server process with a folder of its own, on a port of 127.0.0.1 that stays the same across restarts. It ends with
 * this process.
 */
export declare class ServerProcess implements AsyncDisposable {
  private constructor(program: ServerProgram, settings: ServerSettings);
  /** Starts a server. Rejects if this machine does not have the program: see `programPath`. */
  static start(program: ServerProgram, settings?: ServerSettings): Promise<ServerProcess>;
  readonly port: number;
  /** The URL, without a password. */
  readonly url: string;
  /** The process ID; `undefined` if the server is not running. */
  readonly pid: number | undefined;
  /** The folder in which the server keeps its data. */
  readonly dataFolder: string;
  /**
   * Starts the server again after `kill`: with its data (`kept`), without (`lost`), or with the data of the last `save`
   * (`saved`). Resolves when the server is ready.
   */
  start(data?: "kept" | "lost" | "saved"): Promise<void>;
  /** Ends the process, and keeps its data. Default: SIGKILL. */
  kill(signal?: "SIGKILL" | "SIGTERM"): Promise<void>;
  /** Stops the process (SIGSTOP) a moment later: connections stay open, and the server does not answer. */
  pause(): void;
  /** Continues the process after `pause` (SIGCONT). */
  resume(): void;
  /** Makes nats-server read its configuration again (SIGHUP). */
  reload(): void;
  /** Copies the data on disk. The process is stopped meanwhile. */
  save(): Promise<void>;
  /** Sends one line on a new connection, and resolves with the first part of the answer. */
  ask(line: string): Promise<string>;
  /** Kills the process and removes its data. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Returns a port of 127.0.0.1 on which no process listens. */
export declare function freePort(): Promise<number>;
