import { describe, expect, it } from "vitest";
import {
  checkBoolean,
  checkFunction,
  checkNames,
  checkNumber,
  checkText,
  invalidOption,
  show,
} from "../../../src/base/checks/check-option.ts";

const invalid = (message: string) => expect.objectContaining({ code: "INVALID_OPTION", message });

describe("checkNumber", () => {
  it("returns the value, or the default if it is absent", () => {
    expect(checkNumber("retry", 5, 7)).toBe(5);
    expect(checkNumber("retry", undefined, 7)).toBe(7);
    expect(checkNumber("heartbeat", Number.POSITIVE_INFINITY, 7, { infinite: true })).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([
    [-1, {}, "`n` must be a number of at least 0, but is -1."],
    ["5", { unit: "ms" }, '`n` must be a number of ms of at least 0, but is "5".'],
    [null, {}, "`n` must be a number of at least 0, but is null."],
    [Number.NaN, {}, "`n` must be a number of at least 0, but is NaN."],
    [1.5, { whole: true }, "`n` must be a whole number of at least 0, but is 1.5."],
    [11, { min: 1, max: 10 }, "`n` must be a number from 1 to 10, but is 11."],
    [Number.POSITIVE_INFINITY, {}, "`n` must be a number of at least 0, but is Infinity."],
    [0, { min: 1, infinite: true }, "`n` must be a number of at least 1 or Infinity, but is 0."],
  ])("refuses %j under the rule %j", (value, rule, message) => {
    expect(() => checkNumber("n", value, 0, rule)).toThrow(invalid(message));
  });
});

describe("the other checks", () => {
  it("accept absent values", () => {
    expect(checkBoolean("flag", undefined, true)).toBe(true);
    expect(checkFunction("hook", undefined)).toBeUndefined();
    expect(checkText("name", undefined)).toBeUndefined();
  });

  it.each([
    [() => checkBoolean("flag", 1, true), "`flag` must be true or false, but is 1."],
    [() => checkFunction("hook", "x"), '`hook` must be a function, but is "x".'],
    [() => checkText("name", ""), '`name` must be a string that is not empty, but is "".'],
    [() => checkText("name", null), "`name` must be a string that is not empty, but is null."],
  ])("refuse invalid values: %#", (check, message) => {
    expect(check).toThrow(invalid(message));
  });
});

describe("checkNames", () => {
  it("accepts an object with known names only", () => {
    expect(() => checkNames("drain", { grace: 1 }, ["grace", "pace"])).not.toThrow();
    expect(() => checkNames("drain", undefined, ["grace"])).toThrow(
      invalid("`drain options` must be an object, but is undefined."),
    );
    expect(() => checkNames("drain", { grase: 1 }, ["grace", "pace"])).toThrow(
      invalid("drain has no option `grase`. It has: grace, pace. Did you mean `grace`?"),
    );
  });
});

describe("an error message", () => {
  it("never shows the credentials of a URL", () => {
    expect(invalidOption("url", "a number", "redis://me:secret@host/0").message).not.toContain("secret");
    expect(() => checkNames("log", { "redis://me:secret@host": 1 }, [])).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("secret") }),
    );
  });

  it.each([
    ["a\nb", '"a\\nb"'],
    ["x".repeat(61), `"${"x".repeat(60)}"… (61 characters)`],
    [() => undefined, "a function"],
    [[1, 2], "an array of 2"],
    [new Map(), "an object (Map)"],
    [Object.create(null), "an object (no prototype)"],
    [7n, "7"],
    [Symbol("s"), "Symbol(s)"],
  ])("shows any value briefly, on one line: %#", (value, shown) => {
    expect(show(value)).toBe(shown);
  });
});

describe("the error of an unknown option", () => {
  const NAMES = ["heartbeat", "highWaterMark", "maxConnections", "topics", "types", "retry", "id", "age"];
  const messageOf = (name: string) => {
    try {
      checkNames("stream", { [name]: 1 }, NAMES);
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  };

  it.each([
    ["hartbeat", "heartbeat"],
    ["heartbeet", "heartbeat"],
    ["haertbeat", "heartbeat"],
    ["highwatermark", "highWaterMark"],
    ["max_connections", "maxConnections"],
    ["maxConnection", "maxConnections"],
    ["topic", "topics"],
    ["type", "types"],
    ["retyr", "retry"],
    ["ids", "id"],
  ])("names for %s the nearest known one, %s", (name, known) => {
    expect(messageOf(name)).toMatch(new RegExp(`It has: heartbeat, .*\\. Did you mean \`${known}\`\\?$`));
  });

  it.each(["patience", "name", "x", "is", "", "constructor", "h".repeat(1_000_000)])(
    "names none if none is near, as for %#",
    (name) => {
      expect(messageOf(name)).toMatch(/ It has: [^.]*\.$/);
    },
  );
});
