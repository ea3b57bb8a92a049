import { describe, expect, it } from "vitest";
import { readArguments } from "../arguments.mjs";
import { importScenario, SCENARIOS } from "../scenarios.mjs";

describe("the command line of the benchmark", () => {
  it("runs all scenarios if it names none, but for those that run only by name", () => {
    expect(readArguments([])).toEqual({
      scenarios: Object.keys(SCENARIOS).filter((name) => !SCENARIOS[name]?.byNameOnly),
      quick: false,
      strict: false,
      cpuProfile: undefined,
      against: undefined,
      channels: {},
    });
  });

  it("takes the logs and counts of the scenario channels", () => {
    const args = ["channels", "--log=redis", "--log=memory", "--channels=100000", "--open", "10", "--rate=1"];
    expect(readArguments([...args, "--rounds=10"]).channels).toEqual({
      logs: ["redis", "memory"],
      channels: 100_000,
      open: 10,
      rate: 1,
      rounds: 10,
    });
  });

  it("takes scenarios and flags in any order", () => {
    const { scenarios, quick, cpuProfile } = readArguments(["--quick", "idle", "--cpu-prof=profiles", "burst"]);
    expect({ scenarios, quick, cpuProfile }).toEqual({
      scenarios: ["idle", "burst"],
      quick: true,
      cpuProfile: "profiles",
    });
  });

  it("compares with a commit in five rounds by default", () => {
    expect(readArguments(["fanout", "--against", "HEAD~3"])).toMatchObject({
      scenarios: ["fanout"],
      against: { commit: "HEAD~3", rounds: 5 },
    });
    expect(readArguments(["--against=main", "--rounds=7"]).against).toEqual({ commit: "main", rounds: 7 });
  });

  it("compares in the scenarios that support it if it names none", () => {
    expect(readArguments(["--against", "main"]).scenarios).toEqual(["fanout", "idle", "burst"]);
  });

  it.each([
    [["warp"], "Unknown scenario: warp."],
    [["toString"], "Unknown scenario: toString."],
    [["--fast"], "Unknown option '--fast'"],
    [["--against"], "argument missing"],
    [["--rounds", "5"], "--rounds needs --against, or the scenario channels alone."],
    [["channels", "--rounds", "0"], '--rounds must be a whole number from 1 to 100, but is "0".'],
    [["channels", "--channels", "1e3"], '--channels must be a whole number from 1 to 1000000, but is "1e3".'],
    [["channels", "--open=100001"], '--open must be a whole number from 1 to 100000, but is "100001".'],
    [["channels", "--rate=-1"], '--rate must be a whole number from 1 to 100000, but is "-1".'],
    [["channels", "--log=postgres"], "Unknown log: postgres."],
    [["idle", "channels", "--open=10"], "--open needs the scenario channels alone."],
    [["--log=redis"], "--log needs the scenario channels alone."],
    [["--against", "main", "--rate=5"], "--rate needs the scenario channels alone."],
    [["--against", "main", "--rounds", "4"], 'at least 5, but is "4"'],
    [["--against", "main", "--rounds", "6.5"], 'at least 5, but is "6.5"'],
    [["idle", "resume", "logs", "--against", "main"], "No support for --against in: resume, logs."],
    [["--against", "main", "--strict"], "--against does not support --strict and --cpu-prof."],
    [["--against", "main", "--cpu-prof=x"], "--against does not support --strict and --cpu-prof."],
  ])("rejects %j with the reason and the usage", (args, reason) => {
    expect(() => readArguments(args)).toThrow(reason);
    expect(() => readArguments(args)).toThrow("usage: npm run bench");
  });

  it("offers --against for exactly the scenarios that can compare builds", async () => {
    // The parser's and the logs' modules need the built package; they cannot compare builds.
    for (const name of ["fanout", "idle", "burst", "targeted", "stalled", "resume"]) {
      const { against } = await importScenario(name);
      expect(against !== undefined, name).toBe(SCENARIOS[name]?.comparesBuilds === true);
    }
  });
});
