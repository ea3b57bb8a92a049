import { expect, it } from "vitest";
import { ApiClient } from "../../support/api-client.ts";
import { startDesk } from "../../support/start-desk.ts";

it("starts the stream with the newest event of each kind, then sends the process's figures", async () => {
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

it("raises an alert when the real number of streams exceeds the limit, and clears it when streams close", async () => {
  const { url } = await startDesk({ alerts: { connections: 1 } });
  const ada = await ApiClient.signIn(url, "ada");
  const dashboard = await ada.stream("/api/dashboard/stream");
  const other = await ada.stream("/api/orders/stream");
  expect((await dashboard.next("alert")).data).toMatchObject({
    alertId: "connections",
    raised: true,
    message: "2 open streams, limit 1",
  });
  other.close();
  expect((await dashboard.next("alert")).data).toMatchObject({ alertId: "connections", raised: false });
});
