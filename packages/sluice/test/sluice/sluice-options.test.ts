import { describe, expect, it } from "vitest";
import { createSluice, type SluiceOptions } from "../../src/index.ts";
import { errorOf, expectOptionError, numberCases, type OptionCase, optionsOf } from "../support/option-cases.ts";
import { ParkedSource } from "../support/sources.ts";
import { turns } from "../support/turns.ts";

const SLUICE_CASES: OptionCase[] = [
  ...numberCases("heartbeat", "a number of ms of at least 1 or Infinity"),
  ["heartbeat", 0, "a number of ms of at least 1 or Infinity", "0"],
  ...numberCases("retry", "a number of ms from 0 to 2147483648"),
  ["retry", Number.POSITIVE_INFINITY, "a number of ms from 0 to", "Infinity"],
  ...numberCases("highWaterMark", "a whole number of bytes of at least 1024"),
  ["highWaterMark", 1_023, "a whole number of bytes of at least 1024", "1023"],
  ["highWaterMark", 4_096.5, "a whole number of bytes", "4096.5"],
  ["highWaterMark", Number.POSITIVE_INFINITY, "a whole number of bytes", "Infinity"],
  ...numberCases("stallTimeout", "a number of ms of at least 1 or Infinity"),
  ...numberCases("flushInterval", "a number of ms from 0 to 60000"),
  ...numberCases("maxConnections", "a whole number of at least 1 or Infinity"),
  ["maxConnections", 1.5, "a whole number of at least 1 or Infinity", "1.5"],
  ...numberCases("maxConnectionsPerKey", "a whole number of at least 1 or Infinity"),
  ...numberCases("maxChannels", "a whole number of at least 1 or Infinity"),
  ...numberCases("idleTimeout", "a number of ms of at least 100 or Infinity"),
  ...numberCases("maxLifetime", "a number of ms of at least 1 or Infinity"),
  ["compress", "yes", "true or false", '"yes"'],
  ["compress", null, "true or false", "null"],
  ["connectionKey", "ip", "a function", '"ip"'],
  ["onError", console, "a function", "an object"],
  ["gapEvent", "", "a string that is not empty", '""'],
  ["gapEvent", 7, "a string that is not empty", "7"],
  ["gapEvent", "a\nb", "text without CR, LF", '"a\\nb"'],
  ["drainOn", "SIGTERM", "an array of signals", '"SIGTERM"'],
  ["drainOn", ["SIGKILL"], "an array of signals", "an array of 1"],
  ["drainOn", ["SIGTERM", "sigint"], "an array of signals", "an array of 2"],
  ["drainOn", null, "an array of signals", "null"],
  ["refuseAsStream", true, '"draining" or "limits" or false', "true"],
  ["refuseAsStream", "limit", '"draining" or "limits" or false', '"limit"'],
  ["refuseAsStream", null, '"draining" or "limits" or false', "null"],
  ["log", {}, "a log", "an object (Object)"],
  ["log", null, "a log", "null"],
];

describe("createSluice()", () => {
  it.each(SLUICE_CASES)("refuses the option %s: %o, and names the expected and the actual value", async (...about) => {
    expectOptionError(await errorOf(() => createSluice(optionsOf(about) as SluiceOptions)), about);
  });
});

describe("the option drain", () => {
  it.each([
    [{ timeout: -1 }, "`timeout` must be a number of ms of at least 0, but is -1."],
    [{ patience: 1 }, "drain has no option `patience`. It has: server, grace, timeout, pace, spread."],
    [null, "`drain options` must be an object, but is null."],
  ])("is refused by createSluice(): %j", (drain, message) => {
    expect(() => createSluice({ drain } as SluiceOptions)).toThrow(
      expect.objectContaining({ code: "INVALID_OPTION", message }),
    );
  });

  it("sets the defaults of drain(), which its own options override", async () => {
    const sluice = createSluice({ drain: { grace: 60_000 } });
    let isDrained = false;
    void sluice.drain().then(() => {
      isDrained = true;
    });
    await turns(5);
    expect([sluice.health().status, isDrained]).toEqual(["draining", false]);
    await sluice.drain({ grace: 0 });
    await sluice.close();
  });
});

describe("an option of an unknown name", () => {
  it.each([
    ["createSluice", (options: object) => createSluice(options)],
    ["stream", (options: object) => createSluice().response(new Request("http://a/"), new ParkedSource(), options)],
    ["drain", (options: object) => createSluice().drain(options)],
  ])("is refused by %s(), whose error lists the known names", async (owner, act) => {
    const unknown = await errorOf(() => act({ hartbeat: 1 }));
    expect(unknown.message).toMatch(new RegExp(`^${owner} has no option \`hartbeat\`. It has: .*(heartbeat|timeout)`));
    const none = await errorOf(() => act(null as unknown as object));
    expect(none.message).toBe(`\`${owner} options\` must be an object, but is null.`);
  });
});

describe("an option at its limit", () => {
  it.each([
    { heartbeat: 1, stallTimeout: 1, maxLifetime: 1, maxConnections: 1, maxConnectionsPerKey: 1, retry: 0 },
    { heartbeat: Number.POSITIVE_INFINITY, stallTimeout: Number.POSITIVE_INFINITY, highWaterMark: 1_024 },
    { maxConnections: Number.POSITIVE_INFINITY, maxLifetime: Number.POSITIVE_INFINITY, retry: 2 ** 31 },
    { heartbeat: undefined, compress: undefined, log: undefined },
  ])("is accepted: %j", async (options) => {
    await createSluice(options as SluiceOptions).close();
  });
});
