/** A server that tests start for themselves. */
export interface ServerProgram {
  /** What it is called in servers.mjs. */
  readonly name: string;
  /** What its URLs begin with. */
  readonly scheme: string;
  argumentsFor(port: number, folder: string): readonly string[];
  /** The line that it is asked whether it is there; empty: it greets by itself. */
  readonly question: string;
  isReady(answer: string): boolean;
}

export interface ServerSettings {
  /** More arguments, after those that it has anyway. */
  readonly args?: readonly string[];
  /** What is run instead of the program, e.g. one that runs it on a certain processor. */
  readonly wrap?: (command: string, args: readonly string[]) => readonly [command: string, args: readonly string[]];
}

/** Keeps nothing on disk, unless its arguments say otherwise. */
export declare const REDIS: ServerProgram;
export declare const DURABLE: readonly string[];
/** With JetStream. */
export declare const NATS: ServerProgram;

/** A server with a folder of its own, on a port of 127.0.0.1 that stays the same over restarts. It does not outlive this process. */
export declare class ServerProcess implements AsyncDisposable {
  private constructor(program: ServerProgram, settings: ServerSettings);
  /** Rejects where the program is not on this machine: see `serverPath`. */
  static start(program: ServerProgram, settings?: ServerSettings): Promise<ServerProcess>;
  readonly port: number;
  /** Without a password. */
  readonly url: string;
  /** Starts it again after `kill`: with its data, without, or with what they were at the last `save`. Resolves when it answers. */
  start(data?: "kept" | "lost" | "saved"): Promise<void>;
  /** Ends the process, at once (SIGKILL, unless told), or in an orderly way. The data stays. */
  kill(signal?: "SIGKILL" | "SIGTERM"): Promise<void>;
  /** Stops the process where it is (SIGSTOP), a moment later: connections stay open, and nobody answers. */
  pause(): void;
  resume(): void;
  /** Keeps what it has on disk now; it does not run meanwhile. */
  save(): Promise<void>;
  /** Sends one line on a connection of its own, and resolves to the first part of the answer. */
  ask(line: string): Promise<string>;
  /** Kills it and removes its data. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A port of 127.0.0.1 that nobody listens on now. */
export declare function freePort(): Promise<number>;
