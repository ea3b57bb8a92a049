import type { Page } from "playwright-core";
import { afterAll, expect, it } from "vitest";
import { ApiClient } from "../support/api-client.ts";
import { closeBrowser, openPage } from "../support/open-page.ts";
import { startDesk } from "../support/start-desk.ts";

afterAll(closeBrowser);

interface ReadEvent {
  readonly type: string;
  readonly data: unknown;
  readonly id: string;
}

/** The events of a native EventSource in the page. */
interface Received {
  readonly events: readonly ReadEvent[];
  readonly opened: number;
  readonly readyState: number;
}

/** Opens the browser's own EventSource in the page, which runs as the signed-in user. Returns a function to read it. */
async function openNative(page: Page, path: string, types: readonly string[]): Promise<() => Promise<Received>> {
  const name = `native ${path}`;
  await page.evaluate(
    ([key, url, eventTypes]) => {
      const source = new EventSource(url);
      const received = { events: [] as ReadEvent[], opened: 0, source };
      (window as unknown as Record<string, unknown>)[key] = received;
      source.onopen = () => received.opened++;
      for (const type of eventTypes) {
        source.addEventListener(type, (event) => {
          const { data, lastEventId } = event as MessageEvent<string>;
          received.events.push({ type, data: JSON.parse(data), id: lastEventId });
        });
      }
    },
    [name, path, types] as const,
  );
  return () =>
    page.evaluate((key) => {
      const { events, opened, source } = (window as unknown as Record<string, Received & { source: EventSource }>)[
        key
      ]!;
      return { events, opened, readyState: source.readyState };
    }, name);
}

it("serves each endpoint to the browser's own EventSource", async () => {
  const { url } = await startDesk();
  const page = await openPage(url);
  const endpoints: [path: string, type: string][] = [
    ["/api/orders/stream", "orders"],
    ["/api/orders/stream/reliable", "orders"],
    ["/api/notifications/stream", "notification"],
    ["/api/notifications/broadcast", "notification"],
  ];
  const reads = await Promise.all(endpoints.map(async ([path, type]) => openNative(page, path, [type])));
  for (const read of reads) await expect.poll(async () => (await read()).opened).toBe(1);
  const ada = await ApiClient.signIn(url, "ada");
  const { orderId } = await ada.placeOrder("Native");
  await ada.json("POST", "/api/notifications", { userId: "ada", text: "Hello" });
  for (const [index, [, type]] of endpoints.entries()) {
    const content = type === "orders" ? { orderId } : { text: "Hello", userId: "ada" };
    await expect.poll(async () => (await reads[index]!()).events).toMatchObject([{ type, data: content }]);
  }
});

it("resumes a combined stream of the browser's own EventSource after a cut, without a gap", async () => {
  const { url, desk } = await startDesk();
  const page = await openPage(url);
  const read = await openNative(page, "/api/stream?key=native", ["orders.orders", "dashboard.metric", "gap"]);
  const ada = await ApiClient.signIn(url, "ada");
  const { orderId: first } = await ada.placeOrder("Before");
  const orders = async () => (await read()).events.filter(({ type }) => type === "orders.orders");
  await expect.poll(orders).toHaveLength(1);
  expect(desk.sluice.disconnect((stream) => stream.subscriber?.key === "native")).toBe(1);
  const { orderId: second } = await ada.placeOrder("During the cut");
  await expect.poll(orders).toMatchObject([{ data: { orderId: first } }, { data: { orderId: second } }]);
  const { events, opened } = await read();
  expect(opened).toBe(2);
  expect(events.map(({ type }) => type)).not.toContain("gap");
});

it("stops the browser's own EventSource after the last event of an export", async () => {
  const { url } = await startDesk();
  const page = await openPage(url);
  const ada = await ApiClient.signIn(url, "ada");
  await ada.placeOrder("One");
  const { jobId } = await ada.json<{ jobId: string }>("POST", "/api/exports/start");
  const read = await openNative(page, `/api/exports/${jobId}/progress`, ["progress", "completed"]);
  await expect.poll(async () => (await read()).events.at(-1)?.type).toBe("completed");
  // It connects once more, and 204 stops it.
  await expect.poll(async () => (await read()).readyState).toBe(2);
});
