import { describe, expect, it } from "vitest";
import { judge } from "../frame/results.mjs";

const outcome = { fixture: "koa", mode: "production", step: "gap", seconds: 1 };
const failed = { ...outcome, reason: "it broke" };
const passed = { ...outcome, reason: undefined };
const known = [{ fixture: "koa", step: "gap", cause: "7" }];

describe("a step", () => {
  it("that fails is a failure", () => {
    expect([judge(failed, []).verdict, judge(passed, []).verdict]).toEqual(["FAILED", "ok"]);
  });

  it("that fails as known is not a failure", () => {
    expect(judge(failed, known)).toMatchObject({ verdict: "known", reason: "7: it broke" });
  });

  it("that is known to fail must not pass, or its row would stay for ever", () => {
    expect(judge(passed, known)).toMatchObject({
      verdict: "FAILED",
      reason: expect.stringContaining("Remove its row"),
    });
  });

  it("that is known as unsteady may pass or fail", () => {
    const unsteady = known.map((row) => ({ ...row, unsteady: true as const }));
    expect([judge(passed, unsteady).verdict, judge(failed, unsteady).verdict]).toEqual(["ok", "known"]);
  });

  it("is not known to fail in another mode, step or fixture", () => {
    const others = [
      { fixture: "koa", step: "gap", mode: "development" as const, cause: "7" },
      { fixture: "koa", step: "job", cause: "7" },
      { fixture: "hono", step: "gap", cause: "7" },
    ];
    expect(judge(failed, others).verdict).toBe("FAILED");
  });
});
