interface SignalExit {
  /** Number of its loaded copies. Each has one listener for each signal. */
  readonly count: number;
}

/**
 * Returns the number of listeners that the package `signal-exit` has for each signal, in its versions 3 and 4. Many
 * packages use it for their cleanup. Its listeners do nothing while there are others, and raise the signal otherwise.
 */
export function countOfSignalExit(process: NodeJS.Process): number {
  const { __signal_exit_emitter__: version3 } = process as { __signal_exit_emitter__?: SignalExit };
  const version4 = (globalThis as Record<symbol, SignalExit | undefined>)[Symbol.for("signal-exit emitter")];
  return (version3?.count ?? 0) + (version4?.count ?? 0);
}

/** Returns the status with which a shell reports a process that the signal has ended. */
export function exitCodeOf(process: NodeJS.Process, signal: string): number {
  const os = process.getBuiltinModule?.("node:os");
  return 128 + (os?.constants.signals[signal as NodeJS.Signals] ?? 15);
}
