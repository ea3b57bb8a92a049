import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: [
      "packages/*/test/**/*.test.ts",
      "examples/*/test/**/*.test.ts",
      "scripts/**/*.test.ts",
      "bench/test/**/*.test.ts",
      "chaos/test/**/*.test.ts",
    ],
    testTimeout: 30_000,
    hookTimeout: 60_000,
    // A machine that others use is slow at times; what is polled for is there, or it is not.
    expect: { poll: { timeout: 10_000 } },
    maxWorkers: 2,
    // CI counts the tests by this report (.ci/run).
    reporters: process.env.SLUICE_TEST_REPORT
      ? ["default", ["json", { outputFile: process.env.SLUICE_TEST_REPORT }]]
      : ["default"],
  },
});
