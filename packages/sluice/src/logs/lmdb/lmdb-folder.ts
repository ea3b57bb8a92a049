import type { LmdbStore } from "./lmdb-store.ts";
import type { LmdbWake } from "./lmdb-wake.ts";
import type { LmdbWriter } from "./lmdb-writer.ts";

/** What the channels of one folder share. */
export interface LmdbFolder {
  readonly store: LmdbStore;
  readonly writer: LmdbWriter;
  readonly wake: LmdbWake;
  /** Bytes that may be in use. */
  readonly maxBytes: number;
}
