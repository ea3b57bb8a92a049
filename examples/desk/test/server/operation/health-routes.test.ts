import { expect, it } from "vitest";
import { ApiClient } from "../../support/api-client.ts";
import { startDesk } from "../../support/start-desk.ts";

it("is alive but not ready while draining, refuses new streams, and ends the open ones", async () => {
  const { url, desk } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  expect((await ada.fetch("GET", "/health/ready")).status).toBe(200);
  const streams = await Promise.all(Array.from({ length: 10 }, () => ada.stream("/api/orders/stream/reliable")));
  const drained = desk.drain(4_000);
  expect((await ada.fetch("GET", "/health/ready")).status).toBe(503);
  expect((await ada.fetch("GET", "/health/live")).status).toBe(200);
  expect((await ada.stream("/api/orders/stream")).response.status).toBe(503);
  // A native `EventSource` would give up after a 503.
  const refused = await ada.fetch("GET", "/api/orders/stream", undefined, { accept: "text/event-stream" });
  expect([refused.status, await refused.text()]).toEqual([200, expect.stringMatching(/\nretry: \d+\n\n$/)]);
  await Promise.all(streams.map(({ ended }) => ended));
  await drained;
  expect(desk.sluice.stats().closed.drained).toBe(10);
  expect(desk.app.server.listening).toBe(false);
});

it("serves the metrics of Sluice and of the process", async () => {
  const { url } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  await ada.stream("/api/orders/stream/reliable");
  const text = await (await ada.fetch("GET", "/metrics")).text();
  expect(text).toMatch(/^sluice_channel_subscribers\{channel="orders",state="live"\} 1$/m);
  expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
});
