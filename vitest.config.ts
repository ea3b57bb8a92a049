import { configDefaults, defineConfig } from "vitest/config";
import { LongestFirst } from "./scripts/tests/longest-first.ts";

const ALL = [
  "packages/*/test/**/*.test.ts",
  "examples/*/test/**/*.test.ts",
  "scripts/**/*.test.ts",
  "bench/test/**/*.test.ts",
  "chaos/test/**/*.test.ts",
  "frameworks/test/**/*.test.ts",
];

/**
 * Files whose tests run in processes that other files have used. A process of its own costs each file 0.4 s of
 * processor time. The exceptions count the timers of their process, measure its memory, replace its globals (Hono's
 * server does), or replace modules.
 */
const IN_SHARED_PROCESSES = [
  "packages/*/test/*.test.ts",
  "packages/*/test/adapters/!(hono|late-handler).test.ts",
  "packages/*/test/adapters/{fastify,koa,nest}/*.test.ts",
  "packages/*/test/{architecture,auth,base,cluster}/**/*.test.ts",
  "packages/*/test/client/**/!(load-rest).test.ts",
  "packages/*/test/{jobs,metrics,protocol,testing,transports}/**/*.test.ts",
  "packages/*/test/logs/{memory,shared}/**/*.test.ts",
  "packages/*/test/channel/**/!(delivery|idle-channels).test.ts",
  "packages/*/test/stream/**/!(process-survives|sweep-heartbeats|sweep-pause).test.ts",
  "examples/*/test/server/**/!(main|open-log|run-workers|worker-supervisor|workers-together).test.ts",
  "scripts/**/*.test.ts",
  "chaos/test/checker/**/*.test.ts",
];

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // Limits for tests that hang, long enough for busy machines. A condition that never holds fails all the same.
    expect: { poll: { timeout: 60_000 } },
    // Many tests wait for servers and timers. More workers use that time on a machine with two processors.
    maxWorkers: 4,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: { name: "own", include: ALL, exclude: [...configDefaults.exclude, ...IN_SHARED_PROCESSES] },
      },
      { extends: true, test: { name: "shared", include: IN_SHARED_PROCESSES, isolate: false } },
    ],
  },
});
