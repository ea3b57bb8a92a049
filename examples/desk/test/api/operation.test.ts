import pino from "pino";
import { expect, test } from "vitest";
import { ApiClient } from "../support/api-client.ts";
import { startDesk } from "../support/start-desk.ts";

test("while draining the desk is not ready, takes no streams, and lets those open end", async () => {
  const { url, desk } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  expect((await ada.fetch("GET", "/health/ready")).status).toBe(200);
  const stream = await ada.stream("/api/orders/stream/reliable");
  await desk.drain(2_000);
  await stream.ended;
  expect((await ada.fetch("GET", "/health/ready")).status).toBe(503);
  expect((await ada.fetch("GET", "/health/live")).status).toBe(200);
  expect((await ada.stream("/api/orders/stream")).response.status).toBe(503);
  expect(desk.sluice.stats().closed.drained).toBe(1);
});

test("the metrics are those of the Sluice and of the process", async () => {
  const { url } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  await ada.stream("/api/orders/stream/reliable");
  const text = await (await ada.fetch("GET", "/metrics")).text();
  expect(text).toMatch(/^sluice_channel_subscribers\{channel="orders",state="live"\} 1$/m);
  expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
});

test("the OpenAPI document describes every endpoint of the design, and says which are event streams", async () => {
  const { url } = await startDesk();
  const document = await new ApiClient(url, "").json<{ paths: Record<string, Record<string, never>> }>(
    "GET",
    "/openapi.json",
  );
  const streams = [
    "/api/orders/stream",
    "/api/orders/stream/reliable",
    "/api/notifications/stream",
    "/api/notifications/broadcast",
    "/api/exports/{jobId}/progress",
    "/api/dashboard/stream",
  ];
  for (const path of streams) {
    expect(document.paths[path]).toMatchObject({
      get: { responses: { 200: { content: { "text/event-stream": {} } } } },
    });
  }
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining([
      "/api/orders",
      "/api/notifications",
      "/api/exports/start",
      "/health/live",
      "/health/ready",
      "/metrics",
    ]),
  );
});

test("the page comes with headers that allow its own files only", async () => {
  const { url } = await startDesk();
  const response = await fetch(url);
  expect(response.headers.get("content-security-policy")).toContain("script-src 'self'");
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(await response.text()).toContain("<title>Desk · Sluice</title>");
});

test("the log knows streams from open to close, and no secrets", async () => {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level: "debug" }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const { url, desk } = await startDesk({ logger });
  const ada = await ApiClient.signIn(url, "ada");
  const { ticket } = await ada.json<{ ticket: string }>("POST", "/api/session/ticket");
  const stream = await new ApiClient(url, "").stream(`/api/orders/stream/reliable?ticket=${ticket}`);
  await ada.placeOrder("One");
  await stream.next("orders");
  desk.sluice.disconnect({ user: "ada" });
  await stream.ended;
  await expect.poll(() => lines.map(({ msg }) => msg)).toContain("stream closed");

  expect(lines.find(({ msg }) => msg === "stream opened")).toMatchObject({
    stream: "orders",
    path: "/api/orders/stream/reliable",
    user: "ada",
  });
  const closed = lines.find(({ msg }) => msg === "stream closed");
  expect(closed).toMatchObject({ stream: "orders", user: "ada", reason: "disconnected", events: 1 });
  expect(closed?.bytes).toBeGreaterThan(100);
  expect(closed?.durationMs).toBeGreaterThanOrEqual(0);
  expect(lines).toContainEqual(expect.objectContaining({ msg: "request", path: "/api/orders", status: 201 }));
  const log = JSON.stringify(lines);
  expect(log).not.toContain(ticket);
  expect(log).not.toContain(ada.token);
});

test("an error of the server's own is not shown to the client", async () => {
  const { url, desk } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  await desk.sluice.close();
  const response = await ada.fetch("POST", "/api/orders", { customerName: "A", amount: 1 });
  expect(response.status).toBe(500);
  expect(await response.json()).toEqual({
    statusCode: 500,
    error: "Internal Server Error",
    message: "Something went wrong on the server. It has been logged.",
  });
});
