import { checkNames, checkNumber, invalidOption } from "../../base/checks/check-option.ts";

/** A server of `node:http`, `node:https` or `node:http2`, as far as a drain uses it. */
export interface DrainableServer {
  close(): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: each kind of server has its own listeners
  on(event: string, listener: (...args: any[]) => void): unknown;
}

/** Options of a drain: the orderly end of all streams before a shutdown. */
export interface DrainOptions {
  /**
   * A server of `node:http`, `node:https` or `node:http2` to close with the drain, or several. When the streams have
   * ended, it accepts no more connections, and idle connections close. Requests in flight may finish until `timeout`.
   * On HTTP/2, each session receives GOAWAY before the first stream ends. Default: none.
   */
  readonly server?: DrainableServer | readonly DrainableServer[];
  /**
   * Time before any stream is ended or refused, in ms. `health()` reports `draining` from its start, so that a load
   * balancer can send new requests elsewhere. It precedes `timeout`. Default: 0.
   */
  readonly grace?: number;
  /**
   * Time for the whole drain after `grace`, in ms. Job streams may continue until its end, and so may jobs that other
   * processes follow. Connections that are still open then are cut. Default: 10,000.
   */
  readonly timeout?: number;
  /**
   * Time over which the other streams are ended one after another, in ms; at most `timeout`. Default: 2,000, or half of
   * `timeout` if that is less.
   */
  readonly pace?: number;
  /**
   * Time over which reconnecting subscribers are spread, in ms. Each stream is sent a reconnection time: the larger of
   * its `retry` and the time until this drain ends, plus a random part of `spread`. Default: 3,000.
   */
  readonly spread?: number;
}

/** Drain options with all defaults. */
export type DrainSettings = Readonly<Required<Omit<DrainOptions, "server">>> & {
  readonly servers: readonly DrainableServer[];
};

/** The names of the options that are times. */
export const DRAIN_TIMES: readonly string[] = ["grace", "timeout", "pace", "spread"] satisfies (keyof DrainOptions)[];

const TIMEOUT_MS = 10_000;
const PACE_MS = 2_000;
const SPREAD_MS = 3_000;
const MAX_GRACE_MS = 600_000;

/** Returns the options with their defaults. Throws `INVALID_OPTION` if one is invalid. */
export function checkDrainOptions(given: DrainOptions, defaults?: DrainOptions): DrainSettings {
  checkNames("drain", given, ["server", ...DRAIN_TIMES]);
  const options = { ...defaults, ...given };
  const servers = [options.server ?? []].flat();
  for (const server of servers) {
    if (!server?.close || !server.on) throw invalidOption("server", "a server of node:http or node:http2", server);
  }
  const timeout = checkNumber("timeout", options.timeout, TIMEOUT_MS, { unit: "ms" });
  const pace = checkNumber("pace", options.pace, Math.min(PACE_MS, timeout / 2), { unit: "ms" });
  return {
    servers,
    grace: checkNumber("grace", options.grace, 0, { max: MAX_GRACE_MS, unit: "ms" }),
    timeout,
    pace: Math.min(timeout, pace),
    spread: checkNumber("spread", options.spread, SPREAD_MS, { unit: "ms" }),
  };
}
