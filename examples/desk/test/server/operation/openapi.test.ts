import { expect, it } from "vitest";
import { ApiClient } from "../../support/api-client.ts";
import { startDesk } from "../../support/start-desk.ts";

it("describes every public endpoint, and marks the event streams", async () => {
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
    "/api/stream",
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
