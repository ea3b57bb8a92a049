import { logContract } from "./support/contracts/log-contract.ts";
import { sharedLogContract } from "./support/contracts/shared-log-contract.ts";
import { SharedMemory } from "./support/shared-memory.ts";

// Tests of several nodes in one process use this store. It fulfils the same contract as every log.
logContract("the shared memory of tests", () => new SharedMemory().open());
sharedLogContract("the shared memory of tests", async () => new SharedMemory());
