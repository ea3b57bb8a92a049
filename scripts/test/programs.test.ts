import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { locateProgram, type Program, programPath } from "../programs/programs.mjs";

const UNKNOWN: Program = { name: "unknown", suites: ["page"], commands: ["sluice-unknown"] };

describe("a program that tests need", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "sluice-programs-"))));
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  const putProgram = (subfolder: string, mode = 0o755): string => {
    const path = join(folder, subfolder, "sluice-unknown");
    mkdirSync(join(folder, subfolder), { recursive: true });
    writeFileSync(path, "#!/bin/sh\n");
    chmodSync(path, mode);
    vi.stubEnv("PATH", [join(folder, subfolder), process.env.PATH].join(delimiter));
    return path;
  };

  it("is undefined if the machine does not have it", () => {
    expect(locateProgram(UNKNOWN)).toBeUndefined();
  });

  it("is found on PATH", () => {
    const path = putProgram("bin");
    expect(locateProgram(UNKNOWN)).toBe(path);
  });

  it("is not found in a file that cannot be run", () => {
    putProgram("bin", 0o644);
    expect(locateProgram(UNKNOWN)).toBeUndefined();
  });

  it("is not found among the programs that npm puts on PATH", () => {
    putProgram("node_modules/.bin");
    expect(locateProgram(UNKNOWN)).toBeUndefined();
  });

  it("is found in its other locations", () => {
    const path = putProgram("node_modules/.bin");
    expect(locateProgram({ ...UNKNOWN, locations: [path] })).toBe(path);
  });

  it("is only the binary that its variable of the environment names, if that is set", () => {
    const path = putProgram("bin");
    const other = putProgram("other");
    const program: Program = { ...UNKNOWN, variable: "SLUICE_UNKNOWN" };
    vi.stubEnv("SLUICE_UNKNOWN", path);
    expect(locateProgram(program)).toBe(path);
    vi.stubEnv("SLUICE_UNKNOWN", join(folder, "missing"));
    expect(locateProgram(program)).toBeUndefined();
    vi.stubEnv("SLUICE_UNKNOWN", "");
    expect(locateProgram(program)).toBe(other);
  });

  it("may be another version of a server, also if a path was recorded", () => {
    const path = putProgram("bin");
    vi.stubEnv("NATS_SERVER", path);
    expect(programPath("nats-server")).toBe(path);
  });

  it("must be in the table", () => {
    expect(() => programPath("unknown")).toThrow("No program is called unknown");
  });
});
