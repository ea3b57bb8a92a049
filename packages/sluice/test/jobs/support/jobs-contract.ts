import { afterEach, beforeAll, beforeEach, describe } from "vitest";
import type { JobNodes } from "../../../src/jobs/registry/shared-jobs.ts";
import { followerContract } from "./follower-contract.ts";
import { forgottenJobsContract } from "./forgotten-jobs-contract.ts";
import { jobContract } from "./job-contract.ts";
import { JobsWorld } from "./jobs-world.ts";

/** The tests that jobs pass with every registry. `nodes`: the nodes that share the log. Default: no log is shared. */
export function jobsContract(name: string, nodes?: JobNodes): void {
  describe(name, () => {
    const given = new JobsWorld(nodes);

    // The first jobs, and the first stream of a job, load these modules. No test should wait for them.
    beforeAll(() =>
      Promise.all([
        import("../../../src/jobs/loaded-jobs.ts"),
        import("../../../src/jobs/job-progress.ts"),
        import("../../../src/jobs/registry/shared-jobs.ts"),
      ]),
    );

    beforeEach(() => given.open());

    afterEach(() => given.world.channel.close());

    followerContract(given);
    jobContract(given);
    forgottenJobsContract(given);
  });
}
