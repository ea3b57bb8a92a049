import { describe, expect, it } from "vitest";
import { FailureReports } from "../../../src/base/errors/failure-reports.ts";
import { turns } from "../../support/turns.ts";

describe("reports of failures", () => {
  it("come once per subject and event-loop turn, with the first error and the count", async () => {
    const reports: unknown[] = [];
    const failures = new FailureReports((error, count) => void reports.push([error, count]));
    for (let i = 0; i < 5_000; i++) failures.add("one", `error ${i}`);
    failures.add("two", "other");
    expect(reports).toEqual([]);
    await turns(1);
    expect(reports).toEqual([
      ["error 0", { count: 5_000 }],
      ["other", {}],
    ]);
    failures.add("one", "again");
    await turns(1);
    expect(reports[2]).toEqual(["again", {}]);
    await turns(3);
    expect(reports).toHaveLength(3);
  });

  it("are bounded: a turn with many subjects reports the rest together", async () => {
    const counts: (number | undefined)[] = [];
    const failures = new FailureReports((_, { count }) => void counts.push(count));
    for (let i = 0; i < 10_000; i++) failures.add(i, "error");
    failures.add(0, "error");
    await turns(1);
    expect(counts).toEqual([2, ...Array(99).fill(undefined), 9_900]);
  });
});
