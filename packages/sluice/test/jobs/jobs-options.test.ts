import { describe, expect, it } from "vitest";
import { checkJobsOptions, type JobsOptions } from "../../src/jobs/jobs-options.ts";

describe("the options of jobs", () => {
  it("have defaults", () => {
    expect(checkJobsOptions({})).toEqual({ keepFor: 3_600_000, maxJobs: 10_000, maxBytes: 16_777_216 });
  });

  it.each<[wrong: JobsOptions, name: string]>([
    [{ keepFor: -1 }, "keepFor"],
    [{ keepFor: 2 ** 31 }, "keepFor"],
    [{ maxJobs: 0 }, "maxJobs"],
    [{ maxJobs: 1.5 }, "maxJobs"],
    [{ maxBytes: 0 }, "maxBytes"],
    [{ maxBytes: "1 MiB" as never }, "maxBytes"],
    [{ keep: 1 } as JobsOptions, "keep"],
  ])("are refused by name if they are wrong: %j", (wrong, name) => {
    expect(() => checkJobsOptions(wrong)).toThrowError(
      expect.objectContaining({ code: "INVALID_OPTION", message: expect.stringContaining(`\`${name}\``) }),
    );
  });
});
