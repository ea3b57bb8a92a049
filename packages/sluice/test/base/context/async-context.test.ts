import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, describe, expect, it, vi } from "vitest";
import { inCurrentContext, outside } from "../../../src/base/context/async-context.ts";

const storage = new AsyncLocalStorage<unknown>();

describe("outside", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("runs the callback without a store, and returns its result", () => {
    expect(storage.run("ann", () => outside(() => [storage.getStore()]))).toEqual([undefined]);
  });

  it("lets the timers and promises that begin in it go on without a store", async () => {
    const begun = storage.run("ann", () =>
      outside(async () => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        return storage.getStore();
      }),
    );
    expect(await begun).toBeUndefined();
  });

  it.each(["text", 7, { an: "object" }])("knows no store, although the module was loaded with %j", async (store) => {
    vi.resetModules();
    const copy = await storage.run(store, () => import("../../../src/base/context/async-context.ts"));
    expect(copy.outside).not.toBe(outside);
    expect(storage.run("ann", () => copy.outside(() => storage.getStore()))).toBeUndefined();
  });

  it("just runs the callback on a runtime without AsyncLocalStorage", async () => {
    vi.resetModules();
    vi.stubGlobal("process", undefined);
    const copy = await import("../../../src/base/context/async-context.ts");
    vi.unstubAllGlobals();
    expect(copy.AsyncLocalStorage).toBeUndefined();
    expect(copy.outside(() => "result")).toBe("result");
    expect(copy.inCurrentContext((a: number, b: number) => a - b)(3, 1)).toBe(2);
  });
});

describe("a function bound to the current context", () => {
  it("sees the store of that context, receives its arguments, and throws its errors", () => {
    const bound = storage.run("ann", () =>
      inCurrentContext((fails: boolean) => {
        if (fails) throw new Error(`of ${storage.getStore()}`);
        return storage.getStore();
      }),
    );
    expect(storage.run("bob", () => bound(false))).toBe("ann");
    expect(() => storage.run("bob", () => bound(true))).toThrow("of ann");
  });
});
