import { platform } from "node:os";
import { describe } from "vitest";
import { NATS_SERVER } from "../support/stores/nats-server.ts";
import { REDIS_SERVER } from "../support/stores/redis-server.ts";
import { catchesUpOnMuchInBoundedMemory } from "./support/contracts/catch-up-contract.ts";
import { useLmdbStores, useNatsStores, useRedisStores } from "./support/use-catch-up-stores.ts";

// Elsewhere the size of another process is not in `/proc`.
describe.skipIf(platform() !== "linux")("LMDB", () => {
  catchesUpOnMuchInBoundedMemory("lmdbLog", useLmdbStores());
});

describe.skipIf(REDIS_SERVER === undefined)("Redis", () => {
  catchesUpOnMuchInBoundedMemory("redisLog", useRedisStores());
});

describe.skipIf(NATS_SERVER === undefined)("NATS", () => {
  catchesUpOnMuchInBoundedMemory("natsLog", useNatsStores());
});
