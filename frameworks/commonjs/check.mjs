// @ts-check
/** Runs real Jest in its default mode, and TypeScript 5, against the package as npm would publish it. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../scripts/checks/run.mjs";
import { HOSTS, MODULE_KINDS, makeConsumer, writeProject } from "../../scripts/consumer.mjs";
import { FRAMEWORKS } from "../frame/fixtures.mjs";
import { installLocked, pack, unpack } from "../frame/install.mjs";

/** @typedef {import("../frame/results.mjs").Outcome} Outcome */

const FOLDER = join(FRAMEWORKS, "commonjs");

/** @returns {Generator<Outcome>} */
export function* checkCommonJs() {
  mkdirSync(join(FRAMEWORKS, "node_modules"), { recursive: true });
  installLocked(FOLDER);
  unpack(pack(), join(FOLDER, "node_modules/sluice"));
  yield tried("Jest", () => run("node", ["node_modules/jest/bin/jest.js", "--ci"], FOLDER));
  const consumer = mkdtempSync(join(tmpdir(), "sluice-consumer-"));
  makeConsumer(consumer);
  const tsc = join(FOLDER, "node_modules/typescript/bin/tsc");
  for (const module of MODULE_KINDS)
    yield tried(`TypeScript 5, module ${module}`, () => {
      for (const host of HOSTS) run("node", [tsc, "-p", writeProject(consumer, module, host)], consumer);
    });
  rmSync(consumer, { recursive: true });
}

/** @param {string} step @param {() => unknown} action @returns {Outcome} */
function tried(step, action) {
  const began = performance.now();
  let reason;
  try {
    action();
  } catch (error) {
    reason = error instanceof Error ? error.message : `${error}`;
  }
  return { fixture: "commonjs", mode: "production", step, reason, seconds: (performance.now() - began) / 1000 };
}
