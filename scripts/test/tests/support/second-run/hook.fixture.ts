import { afterAll, it } from "vitest";

afterAll(() => {
  throw new Error("in a hook");
});

it("passes before a hook that fails", () => undefined);
