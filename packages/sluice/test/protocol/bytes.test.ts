import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

describe.each(["with Buffer", "without Buffer"])("bytes, %s", (where) => {
  async function load() {
    vi.resetModules();
    if (where === "without Buffer") vi.stubGlobal("Buffer", undefined);
    const module = await import("../../src/protocol/bytes.ts");
    vi.unstubAllGlobals();
    return module;
  }

  it("encode any text as UTF-8, a lone surrogate as U+FFFD", async () => {
    const { toBytes } = await load();
    const encoder = new TextEncoder();
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (units) => {
        const text = String.fromCharCode(...units);
        expect(toBytes(text)).toBeInstanceOf(Uint8Array);
        expect([...toBytes(text)]).toEqual([...encoder.encode(text)]);
      }),
    );
  });

  it("are joined in one new array", async () => {
    const { concatBytes } = await load();
    const pieces = [new Uint8Array([1, 2]), new Uint8Array([]), Buffer.from([3])];
    const whole = concatBytes(pieces);
    expect([...whole]).toEqual([1, 2, 3]);
    whole[0] = 9;
    expect(pieces[0]?.[0]).toBe(1);
    expect([...concatBytes([])]).toEqual([]);
  });
});
