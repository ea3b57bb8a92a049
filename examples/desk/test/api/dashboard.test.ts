import { expect, test } from "vitest";
import { ApiClient } from "../support/api-client.ts";
import { startDesk } from "../support/start-desk.ts";

test("the dashboard begins with the newest of each kind, and goes on with this process's figures", async () => {
  const { url } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  await ada.json("POST", "/api/generator", { running: false, perSecond: 5 });
  const first = await ada.stream("/api/dashboard/stream");
  const { data } = await first.next("metric");
  expect(data.rss).toBeGreaterThan(1e6);
  expect(data.connections).toBe(1);

  const second = await ada.stream("/api/dashboard/stream");
  await second.next("metric");
  const states = second.events.filter(({ type }) => type === "status").map((event) => event.data);
  expect(states).toContainEqual({ component: "generator", running: false, perSecond: 5 });
  expect(states).toContainEqual(expect.objectContaining({ component: "server", state: "ok" }));
  const { metrics } = await ada.json<{ metrics: unknown[] }>("GET", "/api/dashboard/history");
  expect(metrics.length).toBeGreaterThan(0);
});

test("an alert is raised when a figure really crosses its limit, and cleared when it is below again", async () => {
  const { url } = await startDesk({ alerts: { connections: 1 } });
  const ada = await ApiClient.signIn(url, "ada");
  const dashboard = await ada.stream("/api/dashboard/stream");
  const other = await ada.stream("/api/orders/stream");
  expect((await dashboard.next("alert")).data).toMatchObject({
    alertId: "connections",
    raised: true,
    message: "2 streams open, limit 1",
  });
  other.close();
  expect((await dashboard.next("alert")).data).toMatchObject({ alertId: "connections", raised: false });
});

test("the generator places orders through the API, at its rate, until it is switched off", async () => {
  const { url, desk } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  const stream = await ada.stream("/api/orders/stream/reliable");
  expect(await ada.json("POST", "/api/generator", { running: true, perSecond: 50 })).toEqual({
    running: true,
    perSecond: 50,
  });
  for (let n = 1; n <= 10; n++) expect((await stream.next("orders")).data.orderId).toBe(String(1_000 + n));
  await ada.json("POST", "/api/generator", { running: false });
  expect(desk.generator.state).toEqual({ running: false, perSecond: 50 });
  expect((await ada.fetch("POST", "/api/generator", { running: true, perSecond: 1_000 })).status).toBe(400);
});
