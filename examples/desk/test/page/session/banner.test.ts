import { afterAll, expect, it } from "vitest";
import { ApiClient } from "../../support/api-client.ts";
import { closeBrowser, fact, openPage, screenshot } from "../../support/open-page.ts";
import { startDesk } from "../../support/start-desk.ts";

afterAll(closeBrowser);

it("shows that the session has expired, and resumes without a gap after signing in again", async () => {
  const { url } = await startDesk({ tokenLifetime: 3_000 });
  const page = await openPage(url);
  await page.getByRole("alert").getByText("Your session has expired.").waitFor();
  await screenshot(page, "session-expired");
  const ada = await ApiClient.signIn(url, "ada");
  await ada.placeOrder("Meanwhile");
  await page.getByRole("button", { name: "Sign in again" }).click();
  await page.getByRole("row", { name: /Meanwhile/ }).waitFor();
  await expect.poll(() => fact(page, "Orders", "gaps")).toBe("0");
  await expect.poll(() => page.locator("#orders-summary").textContent()).toBe("1 order · none missing");
});
