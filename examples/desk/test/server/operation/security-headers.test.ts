import { expect, it } from "vitest";
import { startDesk } from "../../support/start-desk.ts";

it("serves the page with headers that allow only its own files", async () => {
  const { url } = await startDesk();
  const response = await fetch(url);
  expect(response.headers.get("content-security-policy")).toContain("script-src 'self'");
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(await response.text()).toContain("<title>Desk · Sluice</title>");
});
