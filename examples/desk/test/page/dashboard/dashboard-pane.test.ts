import { afterAll, expect, it } from "vitest";
import { ApiClient } from "../../support/api-client.ts";
import { closeBrowser, openPage, screenshot } from "../../support/open-page.ts";
import { startDesk } from "../../support/start-desk.ts";

afterAll(closeBrowser);

it("shows the server's figures and draws them in charts", async () => {
  const { url } = await startDesk();
  const page = await openPage(url);
  const tile = (title: string) => page.locator(".tile").filter({ has: page.getByRole("heading", { name: title }) });
  await expect.poll(() => tile("Open streams").locator(".figure").textContent()).toBe("1");
  await expect.poll(async () => Number(await tile("Memory").locator(".figure").textContent())).toBeGreaterThan(20);
  const chart = page.getByRole("img", { name: /^Memory in the last minutes, now \d+ MB resident$/ });
  const drawn = await chart.locator("canvas").evaluate((canvas: HTMLCanvasElement) => {
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    return data.filter((value, index) => index % 4 === 3 && value > 0).length;
  });
  expect(drawn).toBeGreaterThan(500);
});

it("fits the charts into their tiles when the window changes its width", async () => {
  const { url } = await startDesk();
  const page = await openPage(url);
  const tile = page.locator(".tile").last();
  await tile.locator("canvas").waitFor();
  for (const width of [700, 1_300]) {
    await page.setViewportSize({ width, height: 800 });
    await expect
      .poll(async () => {
        const [outer, inner] = [await tile.boundingBox(), await tile.locator(".uplot").boundingBox()];
        return inner!.width < outer!.width && inner!.width > outer!.width * 0.75;
      })
      .toBe(true);
  }
});

it("shows an alert while the real number of streams exceeds the limit", async () => {
  const { url } = await startDesk({ alerts: { connections: 2 } });
  const page = await openPage(url);
  await page.getByText("All within limits").waitFor();
  const ada = await ApiClient.signIn(url, "ada");
  const streams = [await ada.stream("/api/orders/stream"), await ada.stream("/api/orders/stream")];
  await page.getByText(/^3 open streams, limit 2, since/).waitFor();
  await screenshot(page, "alert");
  for (const stream of streams) stream.close();
  await page.getByText("All within limits").waitFor();
});
