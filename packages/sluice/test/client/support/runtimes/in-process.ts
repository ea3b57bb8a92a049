import * as client from "../../../../src/client/index.ts";
import { fetchEventSource } from "../../../../src/fetch-event-source/index.ts";
import { runScenario } from "../../programs/recorder.mjs";
import type { RuntimeKind } from "./runtime.ts";

/** The process of the tests itself, with the sources. */
export const inProcess: RuntimeKind = {
  name: "the process of the tests",
  isBrowser: false,
  start: async () => ({
    run: (scenario, argument) => runScenario({ ...client, fetchEventSource }, scenario.toString(), argument),
    [Symbol.asyncDispose]: async () => undefined,
  }),
};
