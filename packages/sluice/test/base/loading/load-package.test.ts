import { describe, expect, it } from "vitest";
import { loadPackage } from "../../../src/base/loading/load-package.ts";

describe("loadPackage", () => {
  const redis = { name: "redis", user: "sluice/redis", since: "5", isUsable: () => true };

  it("returns the package", async () => {
    const loaded = {};
    expect(await loadPackage({ ...redis, load: () => Promise.resolve(loaded) })).toBe(loaded);
  });

  it("names the package and the command that installs it, and keeps the cause", async () => {
    const cause = new Error("ERR_MODULE_NOT_FOUND");
    await expect(loadPackage({ ...redis, load: () => Promise.reject(cause) })).rejects.toMatchObject({
      code: "MISSING_PACKAGE",
      message: 'sluice/redis needs the package "redis", which could not be loaded. Run npm install redis.',
      cause,
    });
  });

  it("names the oldest version that Sluice can use if an older one is installed", async () => {
    const load = () => Promise.resolve({});
    await expect(loadPackage({ ...redis, load, isUsable: () => Promise.resolve(false) })).rejects.toMatchObject({
      code: "MISSING_PACKAGE",
      message:
        'sluice/redis needs the package "redis" 5 or newer, but an older version is installed. ' +
        "Run npm install redis@latest.",
    });
  });
});
