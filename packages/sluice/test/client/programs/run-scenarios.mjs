/**
 * Runs scenarios with the built client on this runtime. Each line of standard input is a scenario as JSON:
 * `{ id, source, argument }`. Answers each with a line of JSON: `{ id, result }` or `{ id, error }`.
 */
import process from "node:process";
import { createInterface } from "node:readline";
import * as client from "../../../dist/client/index.js";
import { fetchEventSource } from "../../../dist/fetch-event-source/index.js";
import { runScenario } from "./recorder.mjs";

const print = (message) => console.log(JSON.stringify(message));

createInterface({ input: process.stdin }).on("line", async (line) => {
  const { id, source, argument } = JSON.parse(line);
  try {
    print({ id, result: (await runScenario({ ...client, fetchEventSource }, source, argument)) ?? null });
  } catch (error) {
    print({ id, error: String(error?.stack ?? error) });
  }
});
