import type { StreamState } from "../stream-options.ts";

/** An event of the shared stream, or a position without an event. Then it has no type. */
export interface Entry {
  /** The position after it. */
  readonly lastEventId: string;
  readonly type?: string | undefined;
  readonly data?: string | undefined;
}

/** Entries, and where they begin. */
export interface Entries {
  /** The position before the entries. */
  readonly id: string;
  readonly e: readonly Entry[];
  /** True if the position that was asked for is unknown. `id` is then the sender's own. */
  readonly u?: boolean | undefined;
  /** True if events without IDs follow the sender's own position. */
  readonly n?: boolean | undefined;
}

/** A message between the tabs of a group. Names are short because each event carries them. */
export interface Message extends Partial<Entries> {
  /** Name of the group: the URL and the key. A message with another name is ignored. */
  readonly k: string;
  /** The tab that sent it, and the only tab that it is for. `undefined`: all. */
  readonly f: string;
  readonly to?: string | undefined;
  /** The newest term that the sender knows. Each holder begins a term. Messages of older terms are ignored. */
  readonly t: number;
  /**
   * - `hello`: a tab asks the holder for the entries after `id`.
   * - `ping`: asks the holder for a sign of life.
   * - `renew`: asks the holder to connect again.
   * - `undefined`: entries of the holder: new ones, or the answer to a `hello`.
   */
  readonly m?: "hello" | "ping" | "renew" | undefined;
  /** State of the holder's connection. */
  readonly s?: StreamState | undefined;
}
