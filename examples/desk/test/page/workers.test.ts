import { afterAll, describe, expect, it } from "vitest";
import { DURABLE, REDIS_SERVER, startRedis } from "../../../../packages/sluice/test/support/stores/redis-server.ts";
import { ApiClient } from "../support/api-client.ts";
import { activity, closeBrowser, fact, openPage, screenshot, streamIs } from "../support/open-page.ts";
import { startDesk } from "../support/start-desk.ts";
import { startWorkers } from "../support/start-workers.ts";

// These tests start, kill and replace several processes, which takes long on a busy machine.

afterAll(closeBrowser);

const PARTS = ["Orders", "Notifications", "Dashboard"];

it("shows the metrics of both workers, resumes a cut stream, and survives the death of each worker", async () => {
  const { url, ada, command } = await startWorkers(2);
  const page = await openPage(url);
  await page.getByRole("heading", { name: "Metrics of 2 workers" }).waitFor();
  await page.getByText(/^ms, 99th percentile, worker [12]-/).waitFor();
  await ada.json("POST", "/api/generator", { running: true, perSecond: 10 });
  await page.getByRole("switch", { name: "Order generator", checked: true }).waitFor();
  await page.getByRole("button", { name: "Cut Desk" }).click();
  await activity(page, /Desk reconnected after [\d.]+ s: it resumed after .*, replayed: Orders \d+,/);
  await page.getByRole("button", { name: "Export orders" }).click();
  await page.getByRole("link", { name: /\.csv$/ }).waitFor();
  await expect.poll(() => fact(page, "Orders", "gaps")).toBe("0");
  await screenshot(page, "workers");

  // Kill both workers, one after the other, so that each stream loses its worker once.
  for (const pid of [...command.workers.values()]) {
    const known = command.workers.size;
    process.kill(pid, "SIGKILL");
    await expect.poll(() => command.workers.size).toBe(known + 1);
    await streamIs(page, "Desk", "open");
  }
  await page.getByRole("heading", { name: "Metrics of 2 workers" }).waitFor();
  await ada.json("POST", "/api/generator", { running: false });
  await ada.placeOrder("The last one");
  await page.getByRole("row", { name: /The last one/ }).waitFor();
  await expect.poll(() => page.locator("#orders-summary").textContent()).toMatch(/^\d+ orders · none missing$/);
  for (const part of PARTS) expect(await fact(page, part, "gaps")).toBe("0");
});

describe.skipIf(REDIS_SERVER === undefined)("on Redis", () => {
  it("shows that the log is unreachable, and resumes by itself when the log is back", async () => {
    await using redis = await startRedis(DURABLE);
    const { url, close } = await startDesk({ log: { kind: "redis", url: redis.url } });
    const page = await openPage(url);
    const ada = await ApiClient.signIn(url, "ada");
    await ada.placeOrder("Before");
    await page.getByRole("row", { name: /Before/ }).waitFor();
    await redis.kill("SIGTERM");
    await page.getByRole("alert").getByText("The server cannot reach its log.").waitFor();
    await page.getByText("Log unreachable", { exact: true }).waitFor();
    await page.getByLabel("Customer").fill("Too early");
    await page.getByLabel("Amount, €").fill("1");
    await page.getByRole("button", { name: "Place order" }).click();
    await page.getByText(/^The log of this desk does not answer\./).waitFor();
    await screenshot(page, "log-unreachable");

    await redis.start();
    await streamIs(page, "Desk", "open");
    await expect.poll(() => page.locator("#banner").isVisible()).toBe(false);
    await ada.placeOrder("After");
    await page.getByRole("row", { name: /After/ }).waitFor();
    await expect.poll(() => page.locator("#orders-summary").textContent()).toMatch(/^\d orders · none missing$/);
    expect(await fact(page, "Orders", "gaps")).toBe("0");
    await close();
  });
});
