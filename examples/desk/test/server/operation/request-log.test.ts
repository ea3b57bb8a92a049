import pino from "pino";
import { expect, it } from "vitest";
import { ApiClient } from "../../support/api-client.ts";
import { startDesk } from "../../support/start-desk.ts";

it("logs the opening and closing of streams, and no secrets", async () => {
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
