import { describe, expect, it } from "vitest";
import { ReadCache } from "../../../../src/channel/read/lagging/read-cache.ts";

const KIB = 1_024;

describe("ReadCache", () => {
  it("drops the least recently used items of all owners beyond half of the log's limit", () => {
    const cache = new ReadCache(400);
    const dropped: string[] = [];
    const items = new Map(["a", "b", "c"].map((name) => [name, {}]));
    const add = (name: string, bytes: number) => cache.add(items.get(name)!, bytes, () => void dropped.push(name));
    add("a", 80);
    add("b", 80);
    cache.use(items.get("a")!);
    add("c", 80);
    expect(dropped).toEqual(["b"]);
    expect(cache.bytes).toBe(160);
    cache.delete(items.get("a")!);
    expect(dropped).toEqual(["b"]);
    expect(cache.bytes).toBe(80);
  });

  it("keeps an item that alone is larger than the limit, until the next one", () => {
    const cache = new ReadCache(100);
    let isKept = true;
    cache.add({}, 1_000, () => {
      isKept = false;
    });
    expect(isKept).toBe(true);
    cache.add({}, 10, () => expect.unreachable());
    expect(isKept).toBe(false);
    expect(cache.bytes).toBe(10);
  });

  it("makes pages smaller while many channels are read", () => {
    const cache = new ReadCache();
    const readers = Array.from({ length: 1_000 }, () => ({}));
    for (const reader of readers.slice(0, 2)) cache.beginReading(reader);
    expect(cache.pageBytes).toBe(256 * KIB);
    for (const reader of readers.slice(0, 32)) cache.beginReading(reader);
    expect(cache.pageBytes).toBe(32 * KIB);
    for (const reader of readers) cache.beginReading(reader);
    expect(cache.pageBytes).toBe(16 * KIB);
    for (const reader of readers.slice(2)) cache.endReading(reader);
    expect(cache.pageBytes).toBe(256 * KIB);
  });
});
