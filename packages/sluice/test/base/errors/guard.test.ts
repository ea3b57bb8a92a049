import { describe, expect, it } from "vitest";
import { callGuarded, guardResult } from "../../../src/base/errors/guard.ts";
import { turns } from "../../support/turns.ts";

describe("a guarded callback", () => {
  it("gets its arguments and returns its result", () => {
    const failures: unknown[] = [];
    const add = (a: number, b: number) => a + b;
    expect(callGuarded(add, (error) => void failures.push(error), 1, 2)).toBe(3);
    expect(failures).toEqual([]);
  });

  it("that throws returns undefined, and passes the error on", () => {
    const failures: unknown[] = [];
    const fail = () => {
      throw "oops";
    };
    expect(callGuarded(fail, (error) => void failures.push(error))).toBeUndefined();
    expect(failures).toEqual(["oops"]);
  });

  it("passes the rejection of any thenable on", async () => {
    const failures: unknown[] = [];
    const onFailure = (error: unknown) => void failures.push(error);
    callGuarded(async () => Promise.reject("one"), onFailure);
    // biome-ignore lint/suspicious/noThenProperty: the thenable under test
    callGuarded(() => ({ then: (_: unknown, reject: (error: string) => void) => reject("two") }), onFailure);
    await turns(1);
    expect(failures.sort()).toEqual(["one", "two"]);
  });
});

describe("guardResult()", () => {
  it.each([
    [undefined, false],
    [null, false],
    ["text", false],
    // biome-ignore lint/suspicious/noThenProperty: the property under test
    [{ then: 1 }, false],
    [Promise.resolve(), true],
  ])("returns whether %o is a promise: %s", (value, expected) => {
    expect(guardResult(value, () => undefined)).toBe(expected);
  });
});
