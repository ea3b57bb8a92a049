import { platform } from "node:os";
import { describe } from "vitest";
import { catchesUpInBoundedMemory } from "../support/contracts/catch-up-contract.ts";
import { useLmdbStores } from "../support/use-catch-up-stores.ts";

// Elsewhere the size of another process is not in `/proc`.
describe.skipIf(platform() !== "linux")("LMDB", { timeout: 300_000 }, () => {
  catchesUpInBoundedMemory("lmdbLog", useLmdbStores());
});
