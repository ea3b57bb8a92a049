import { it } from "vitest";

it("fails each time", () => {
  throw new Error("as always");
});
