import { describe, expect, it } from "vitest";
import { createSluice } from "../../src/index.ts";

describe("start()", () => {
  const jobs = createSluice().jobs("exports");

  it.each([
    ["`run` is missing", "run", () => jobs.start(undefined as never)],
    ["`id` is empty", "id", () => jobs.start(() => undefined, { id: "" })],
    ["an option is unknown", "name", () => jobs.start(() => undefined, { name: "x" } as never)],
    ["`id` cannot be a topic", "topic", () => jobs.start(() => undefined, { id: "*" })],
  ])("throws INVALID_OPTION if %s", (_, name, attempt) => {
    expect(attempt).toThrowError(
      expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(name) }),
    );
  });
});
