import { describe, expect, it } from "vitest";
import { packagesThatRefuse } from "../../checks/engines.mjs";

describe("the check of engines", () => {
  it("names each package that refuses the version of Node, and accepts packages without a range", () => {
    const packages = {
      "node_modules/new": { version: "1.0.0", engines: { node: ">= 22.x" } },
      "node_modules/old": { version: "1.0.0", engines: { node: "^18.18.0 || ^20.9.0 || >=21.1.0" } },
      "node_modules/patch": { version: "2.0.0", engines: { node: ">=20.20.2" } },
      "node_modules/any": { version: "1.0.0" },
    };
    expect(packagesThatRefuse({ packages }, "20.19.0")).toEqual([
      "node_modules/new 1.0.0 needs Node >= 22.x",
      "node_modules/patch 2.0.0 needs Node >=20.20.2",
    ]);
  });
});
