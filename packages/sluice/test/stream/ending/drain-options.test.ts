import { describe, expect, it } from "vitest";
import { createSluice } from "../../../src/index.ts";
import { checkDrainOptions } from "../../../src/stream/ending/drain-options.ts";
import { errorOf, expectOptionError, numberCases, type OptionCase, optionsOf } from "../../support/option-cases.ts";

const DRAIN_CASES: OptionCase[] = [
  ...numberCases("timeout", "a number of ms of at least 0"),
  ...numberCases("pace", "a number of ms of at least 0"),
  ...numberCases("grace", "a number of ms from 0 to 600000"),
  ...numberCases("spread", "a number of ms of at least 0"),
  ["server", 3_000, "a server of node:http or node:http2", "3000"],
  ["server", { close() {} }, "a server of node:http or node:http2", "an object (Object)"],
  ["server", [null], "a server of node:http or node:http2", "null"],
];

describe("drain()", () => {
  it.each(DRAIN_CASES)("refuses the option %s: %o, and drains nothing", async (...about) => {
    const sluice = createSluice();
    expectOptionError(await errorOf(() => sluice.drain(optionsOf(about))), about);
    expect(sluice.health().status).toBe("ok");
    await sluice.close();
  });

  it.each([
    [{}, { grace: 0, timeout: 10_000, pace: 2_000, spread: 3_000 }],
    [{ timeout: 1_000 }, { grace: 0, timeout: 1_000, pace: 500, spread: 3_000 }],
    [
      { timeout: 100, pace: 200 },
      { grace: 0, timeout: 100, pace: 100, spread: 3_000 },
    ],
  ])("fills in the defaults: %j", (options, settings) => {
    expect(checkDrainOptions(options)).toEqual({ servers: [], ...settings });
  });
});
