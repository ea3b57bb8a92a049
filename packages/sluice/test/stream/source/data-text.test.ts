import { describe, expect, it } from "vitest";
import { SluiceError } from "../../../src/index.ts";
import { dataText } from "../../../src/stream/source/data-text.ts";

const failing = (thrown: unknown) => ({
  toJSON() {
    throw thrown;
  },
});

function errorOf(value: unknown): unknown {
  try {
    dataText(value);
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("data without a JSON form", () => {
  it.each([
    ["null", null, "null"],
    ["undefined", undefined, "undefined"],
    ["a string", "no", "no"],
    ["an error", new Error("no"), "no"],
    ["an object without a prototype", Object.create(null), "an error without a message"],
    ["a symbol", Symbol("no"), "Symbol(no)"],
    [
      "an error whose message throws",
      Object.defineProperty(new Error("x"), "message", {
        get() {
          throw new Error("y");
        },
      }),
      "an error without a message",
    ],
  ])("is INVALID_DATA if toJSON throws %s", (_, thrown, text) => {
    const error = errorOf(failing(thrown));
    expect(error).toBeInstanceOf(SluiceError);
    expect(error).toMatchObject({ code: "INVALID_DATA", cause: thrown });
    expect((error as Error).message).toBe(`The data has no JSON form: ${text}`);
  });

  it.each([
    ["resolves", () => Promise.resolve(1)],
    ["rejects, which does not end the process", () => Promise.reject(new Error("no"))],
  ])("is INVALID_DATA if it is a promise that %s", async (_, make) => {
    expect(errorOf(make())).toMatchObject({ code: "INVALID_DATA", message: expect.stringContaining("Await it") });
    await new Promise(setImmediate);
  });
});
