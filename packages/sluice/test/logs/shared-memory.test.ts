import { logContract } from "./support/log-contract.ts";
import { sharedLogContract } from "./support/shared-log-contract.ts";
import { SharedMemory } from "./support/shared-memory.ts";

// The store that tests of several nodes in one process use is a log like any other.
logContract("the shared memory of tests", () => new SharedMemory().open());
sharedLogContract("the shared memory of tests", async () => new SharedMemory());
