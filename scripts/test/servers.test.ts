import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { locate, type Server, serverPath } from "../servers.mjs";

const ghost: Server = { name: "ghost", suites: ["page"], commands: ["sluice-ghost"] };

describe("finding a program", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "sluice-servers-"))));
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  const putProgram = (place: string, mode = 0o755): string => {
    mkdirSync(join(folder, place), { recursive: true });
    writeFileSync(join(folder, place, "sluice-ghost"), "#!/bin/sh\n");
    chmodSync(join(folder, place, "sluice-ghost"), mode);
    vi.stubEnv("PATH", [join(folder, place), process.env.PATH].join(delimiter));
    return join(folder, place, "sluice-ghost");
  };

  it("says undefined when the machine does not have it", () => {
    expect(locate(ghost)).toBeUndefined();
  });

  it("finds it on PATH", () => {
    const program = putProgram("bin");
    expect(locate(ghost)).toBe(program);
  });

  it("does not take a file that cannot be run for a program", () => {
    putProgram("bin", 0o644);
    expect(locate(ghost)).toBeUndefined();
  });

  it("does not take what npm puts on PATH for a program of the machine", () => {
    putProgram("node_modules/.bin");
    expect(locate(ghost)).toBeUndefined();
  });

  it("finds it in its usual places", () => {
    const program = putProgram("node_modules/.bin");
    expect(locate({ ...ghost, places: [program] })).toBe(program);
  });

  it("refuses a name that is not in the table", () => {
    expect(() => serverPath("ghost")).toThrow("No server is called ghost");
  });
});
