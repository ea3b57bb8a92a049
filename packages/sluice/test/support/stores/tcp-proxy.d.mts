/** A TCP proxy in front of a local server. Tests use it to cut, delay and lose traffic. */
export interface TcpProxy extends AsyncDisposable {
  /** The port to connect to instead of the server's. */
  readonly port: number;
  /** Number of open connections. */
  readonly connections: number;
  /** Resets all connections. New ones are accepted. */
  cut(): void;
  /** Resets all connections, and each new one at once, until `resume`. */
  refuse(): void;
  /** Holds all traffic until `resume`. Nothing is lost. */
  pause(): void;
  /** Delays each piece by `ms` milliseconds. */
  delay(ms: number): void;
  /**
   * Drops all traffic, and neither side notices: half-open connections. A connection that lost bytes stays dead after
   * `resume`, as if a middlebox had forgotten it.
   */
  swallow(): void;
  /** Ends `pause`, `refuse`, `delay` and `swallow`. */
  resume(): void;
  /** Sends new connections to another port, as after a failover. */
  retarget(port: number): void;
}

export declare function startProxy(targetPort: number): Promise<TcpProxy>;
