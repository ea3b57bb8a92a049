/** The request that a client has sent to a scripted server. */
export interface ScriptedRequest {
  readonly method: string;
  /** The path and the query: `/orders?after=7`. */
  readonly path: string;
  /** The headers by their lower-case names, as byte strings: one character for each byte. */
  readonly headers: Readonly<Record<string, string>>;
  /** The whole body as text; `""` if there is none. */
  readonly body: string;
}

/**
 * One exchange of a request and its answer, over a socket or within the process.
 *
 * - `writeHead` MUST be called once, before `write` and `end`.
 * - After `closed` has resolved, every call MUST do nothing.
 */
export interface Wire {
  readonly request: ScriptedRequest;
  /** Resolves when the answer is complete and was sent, or the client or the server has closed the connection. */
  readonly closed: Promise<void>;
  readonly isClosed: boolean;
  /** Sends the head. `isChunked: false`: the end of the connection, instead of a last chunk, ends the body. */
  writeHead(status: number, headers: Readonly<Record<string, string>>, isChunked: boolean): void;
  /** Sends bytes of the body. Resolves when they were handed over, or the connection is closed. */
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** Completes the body. */
  end(): void;
  /** Closes the server's side of the connection and goes on reading, without completing the body. */
  halfClose(): void;
  /** Closes the connection, without completing the body. `isReset: true`: by a TCP reset, which may drop sent bytes. */
  cut(isReset: boolean): void;
}
