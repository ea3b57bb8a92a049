import { type DrainableSluice, SignalDrains } from "./signal-drains.ts";

/**
 * Drains a Sluice when the process receives one of the signals, until it closes; see the option `drainOn`. Does nothing
 * on a platform without signals. This module is loaded when a Sluice with `drainOn` is made.
 */
export function drainOnSignals(
  signals: readonly string[],
  sluice: DrainableSluice,
  cleanups: Map<object, () => void>,
): void {
  const { process } = globalThis as { process?: NodeJS.Process };
  if (typeof process?.prependListener !== "function" || typeof process.kill !== "function") return;
  // One for all Sluices and all copies of the package: each of them would take the others for the program's listeners.
  const shared = globalThis as { [DRAINS]?: SignalDrains };
  shared[DRAINS] ??= new SignalDrains(process);
  cleanups.set(process, shared[DRAINS].add(signals, sluice));
}

const DRAINS: unique symbol = Symbol.for("sluice.signal-drains");
