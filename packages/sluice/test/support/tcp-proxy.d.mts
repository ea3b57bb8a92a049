/** A wire between a program and a server on this machine, which can be cut, held up and torn. */
export interface TcpProxy extends AsyncDisposable {
  /** Where to connect to instead of the server's own port. */
  readonly port: number;
  /** Connections that are open now. */
  readonly connections: number;
  /** Resets all connections; new ones are taken. */
  cut(): void;
  /** Resets all connections, and each new one at once, until `resume`. */
  refuse(): void;
  /** Lets nothing through until `resume`; nothing is lost. */
  pause(): void;
  /** Holds back each piece for so long. */
  delay(ms: number): void;
  /**
   * Half-open: whatever comes from now on vanishes, and neither side is told. Connections through which something vanished stay dead
   * also after `resume`, as when a box between has forgotten them.
   */
  swallow(): void;
  /** Ends `pause`, `refuse`, `delay` and `swallow`. */
  resume(): void;
  /** Another port for connections from now on: after a failover. */
  retarget(port: number): void;
}

export declare function startProxy(targetPort: number): Promise<TcpProxy>;
