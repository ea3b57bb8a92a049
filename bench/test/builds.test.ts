import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { resolveCommit } from "../against/builds.mjs";
import { linkModules } from "../against/link-modules.mjs";

describe("resolveCommit", () => {
  it("returns the hash of a commit of this repository", () => {
    expect(resolveCommit("HEAD")).toMatch(/^[0-9a-f]{40}$/);
  });

  it.each(["no-such-commit", "--all", ""])("throws if the repository has no commit %j", (commit) => {
    expect(() => resolveCommit(commit)).toThrow(`this repository has no commit "${commit}"`);
  });
});

describe("linkModules", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "sluice-bench-test-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const read = (path: string): string => readFileSync(join(folder, path), "utf8");

  it("links packages to the original, and the workspace's own package to the new tree", () => {
    write("old/packages/sluice/name", "old");
    write("new/packages/sluice/name", "new");
    write("old/node_modules/peer/name", "peer");
    write("old/node_modules/@scope/peer/name", "scoped peer");
    symlinkSync("../packages/sluice", join(folder, "old/node_modules/sluice"));

    linkModules(join(folder, "old"), join(folder, "new"));

    expect(read("new/node_modules/peer/name")).toBe("peer");
    expect(read("new/node_modules/@scope/peer/name")).toBe("scoped peer");
    expect(read("new/node_modules/sluice/name")).toBe("new");
  });

  it("links the programs and the workspace's own versions of packages, but no caches", () => {
    write("old/node_modules/.bin/tsc", "program");
    write("old/node_modules/.cache/servers.json", "{}");
    write("old/packages/sluice/node_modules/peer/name", "own version");
    write("new/packages/sluice/name", "new");

    linkModules(join(folder, "old"), join(folder, "new"));

    expect(read("new/node_modules/.bin/tsc")).toBe("program");
    expect(read("new/packages/sluice/node_modules/peer/name")).toBe("own version");
    expect(() => lstatSync(join(folder, "new/node_modules/.cache"))).toThrow("ENOENT");
  });
});
