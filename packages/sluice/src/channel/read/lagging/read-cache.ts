import type { SharedReads } from "../../../stream/stream-hub.ts";

/** Limits of one page. A page is smaller while many channels are read, so that all their pages fit. */
const MIN_PAGE_BYTES = 16 * 1024;
const MAX_PAGE_BYTES = 256 * 1024;
/** The frames of a page and the steps made of it take as much again, or more. */
const CACHED_BYTES_PER_PAGE_BYTE = 4;

/** Part of the log's `maxReadBytes` that the cache may hold. The rest is for reads in flight. */
const CACHE_PART = 1 / 2;
const DEFAULT_MAX_READ_BYTES = 8 * 1024 * 1024;

interface CachedItem {
  readonly bytes: number;
  readonly drop: () => void;
}

/**
 * Bounds what all channels of a Sluice keep of what they read from the log: pages, and the steps made from them. If
 * they exceed the limit, the least recently used ones are dropped.
 */
export class ReadCache implements SharedReads {
  readonly #limit: number;
  /** Least recently used first. */
  readonly #items = new Map<object, CachedItem>();
  readonly #readers = new Set<object>();
  #bytes = 0;

  /** `maxReadBytes` is that of the log. */
  constructor(maxReadBytes: number = DEFAULT_MAX_READ_BYTES) {
    this.#limit = maxReadBytes * CACHE_PART;
  }

  /** Bytes of all items. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Number of bytes that a reader should read now. */
  get pageBytes(): number {
    const share = this.#limit / CACHED_BYTES_PER_PAGE_BYTE / Math.max(1, this.#readers.size);
    return Math.max(MIN_PAGE_BYTES, Math.min(MAX_PAGE_BYTES, Math.floor(share)));
  }

  /** Adds an item of so many bytes. `drop` removes it from its owner; the cache calls it to make room. */
  add(item: object, bytes: number, drop: () => void): void {
    this.delete(item);
    this.#items.set(item, { bytes, drop });
    this.#bytes += bytes;
    for (const [oldest, { drop: dropOldest }] of this.#items) {
      // One item alone may be larger than the limit.
      if (this.#bytes <= this.#limit || oldest === item) break;
      this.delete(oldest);
      dropOldest();
    }
  }

  /** Marks an item as the most recently used one. */
  use(item: object): void {
    const kept = this.#items.get(item);
    if (kept === undefined) return;
    this.#items.delete(item);
    this.#items.set(item, kept);
  }

  /** Removes an item that its owner has dropped. */
  delete(item: object): void {
    const kept = this.#items.get(item);
    if (kept === undefined) return;
    this.#items.delete(item);
    this.#bytes -= kept.bytes;
  }

  beginReading(reader: object): void {
    this.#readers.add(reader);
  }

  endReading(reader: object): void {
    this.#readers.delete(reader);
  }
}
