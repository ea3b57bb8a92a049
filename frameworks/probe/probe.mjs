// @ts-check

import { makeProject } from "../frame/project.mjs";
import { build, start } from "../frame/server.mjs";
import { Site } from "./site.mjs";
import { STEPS } from "./steps.mjs";
import { within } from "./within.mjs";

/** @typedef {import("../frame/fixture.d.mts").NamedFixture} NamedFixture */
/** @typedef {import("../frame/fixture.d.mts").Mode} Mode */
/** @typedef {{ step: string, seconds: number, reason: string | undefined }} StepResult a reason is a failure */

const START_TIMEOUT_MS = 120_000;
const STEP_TIMEOUT_MS = 60_000;

/**
 * Builds and starts a fixture in one mode, and runs all steps that apply against it, its own first.
 * @param {NamedFixture} fixture
 * @param {{ name: import("../frame/fixture.d.mts").ModeName, mode: Mode }} mode
 * @returns {Promise<StepResult[]>}
 */
export async function probe(fixture, { name, mode }) {
  const folder = await makeProject(fixture, name);
  const built = await build(fixture, mode, folder);
  const { port, server } = await start(fixture, mode, folder);
  const scheme = fixture.protocol === "https2" ? "https" : "http";
  const site = new Site({ fixture, folder, built, server, mode, origin: `${scheme}://127.0.0.1:${port}` });
  try {
    await site.ready(START_TIMEOUT_MS);
    const results = [];
    for (const step of [...(fixture.steps ?? []), ...STEPS]) {
      if (step.isFor?.(site) === false || mode.without?.includes(step.name)) continue;
      const from = server.output.length;
      const began = performance.now();
      const failure = await failureOf(step.run(site, name), step.timeout);
      const seconds = (performance.now() - began) / 1000;
      results.push({ step: step.name, seconds, reason: failure && `${failure}\n${server.printed(from)}` });
      site.leaveAll();
    }
    return results;
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n${server.printed()}`, { cause: error });
  } finally {
    await server.stop();
  }
}

/** @param {Promise<void>} running @param {number} [timeout] */
async function failureOf(running, timeout = STEP_TIMEOUT_MS) {
  try {
    await within(timeout, "the end of the step", running);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return undefined;
}
