import { expect, it } from "vitest";

it("fails, and leaves an error that no test catches", async () => {
  void Promise.reject(new Error("nobody waits"));
  await new Promise((resolve) => setTimeout(resolve, 10));
  expect(1).toBe(2);
});
