import { describe, expect, it } from "vitest";
import { loadPackage } from "../../src/base/load-package.ts";

describe("loadPackage", () => {
  it("returns the package", async () => {
    const loaded = {};
    expect(await loadPackage("redis", "sluice/redis", () => Promise.resolve(loaded))).toBe(loaded);
  });

  it("names the package and the command that installs it, and keeps the cause", async () => {
    const cause = new Error("ERR_MODULE_NOT_FOUND");
    const loading = loadPackage("redis", "sluice/redis", () => Promise.reject(cause));
    await expect(loading).rejects.toMatchObject({
      code: "MISSING_PACKAGE",
      message: 'sluice/redis needs the package "redis", which could not be loaded. Run npm install redis.',
      cause,
    });
  });
});
