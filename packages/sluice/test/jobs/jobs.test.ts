import { describe, expect, it } from "vitest";
import { createSluice } from "../../src/index.ts";

describe("start()", () => {
  const jobs = createSluice().jobs("exports");

  it.each([
    [() => jobs.start(undefined as never), "run"],
    [() => jobs.start(() => undefined, { id: "" }), "id"],
    [() => jobs.start(() => undefined, { name: "x" } as never), "name"],
    [() => jobs.start(() => undefined, { id: "*" }), "topic"],
  ])("throws INVALID_OPTION if an argument is wrong (%#)", (attempt, name) => {
    expect(attempt).toThrowError(
      expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(name) }),
    );
  });
});
