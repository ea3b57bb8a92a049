import { defineConfig } from "vitest/config";

/** Tests that fail, for the tests of scripts/tests/run.mjs. SECOND_RUN_FILES names the files to run. */
// biome-ignore lint/style/noDefaultExport: Vitest reads it.
export default defineConfig({ test: { include: (process.env.SECOND_RUN_FILES ?? "").split(",") } });
