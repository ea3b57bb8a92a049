import { expect, it } from "vitest";
import { ApiClient } from "../../support/api-client.ts";
import type { EventReader, ReadEvent } from "../../support/event-reader.ts";
import { startDesk } from "../../support/start-desk.ts";

const ORDER = { customerName: "Ada", amount: 12.5 };

/** Resolves to the first event of a type. No order is promised between channels, so it may have come already. */
async function firstOf(stream: EventReader, type: string): Promise<ReadEvent> {
  return stream.events.find((event) => event.type === type) ?? (await stream.next(type));
}

async function twoUsers() {
  const { url } = await startDesk();
  return { ada: await ApiClient.signIn(url, "ada"), ben: await ApiClient.signIn(url, "ben") };
}

it("streams orders, the user's notifications and the dashboard on one connection", async () => {
  const { ada, ben } = await twoUsers();
  const stream = await ada.stream("/api/stream");
  await ada.json("POST", "/api/notifications", { userId: "ben", text: "for Ben" });
  await ben.json("POST", "/api/notifications", { userId: "ada", text: "for Ada" });
  const { eventId: _, ...order } = await ben.json<Record<string, unknown>>("POST", "/api/orders", ORDER);
  expect((await firstOf(stream, "dashboard.metric")).data).toMatchObject({ at: expect.any(Number) });
  expect((await firstOf(stream, "notifications.notification")).data).toMatchObject({ text: "for Ada" });
  expect((await firstOf(stream, "orders.orders")).data).toEqual(order);
  expect(stream.events.filter(({ type }) => type === "notifications.notification")).toHaveLength(1);
});

it("resumes each channel from one event ID", async () => {
  const { ada, ben } = await twoUsers();
  const first = await ada.stream("/api/stream");
  await ben.json("POST", "/api/notifications", { userId: "ada", text: "first" });
  const { id } = await first.next("notifications.notification");
  first.close();
  await ben.json("POST", "/api/notifications", { userId: "ada", text: "second" });
  const { eventId: _, ...order } = await ben.json<Record<string, unknown>>("POST", "/api/orders", ORDER);
  const second = await ada.stream(`/api/stream?lastEventId=${id}`);
  expect((await firstOf(second, "notifications.notification")).data).toMatchObject({ text: "second" });
  expect((await firstOf(second, "orders.orders")).data).toEqual(order);
  const types = second.events.map(({ type }) => type);
  expect(types).not.toContain("gap");
});

it("refuses a stream for another user than the signed-in one", async () => {
  const { ada } = await twoUsers();
  const refused = await ada.fetch("GET", "/api/stream?user=ben");
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({ message: "Another user is signed in, not ben. Sign in as ben first." });
  const stream = await ada.stream("/api/stream?user=ada");
  await ada.placeOrder("Mine");
  expect((await stream.next("orders.orders")).data).toMatchObject({ customerName: "Mine" });
});

it("ends with the user's session", async () => {
  const { ada, ben } = await twoUsers();
  const [adas, bens] = [await ada.stream("/api/stream"), await ben.stream("/api/stream")];
  await ada.fetch("DELETE", "/api/session");
  await adas.ended;
  const { eventId: _, ...order } = await ben.json<Record<string, unknown>>("POST", "/api/orders", ORDER);
  expect((await bens.next("orders.orders")).data).toEqual(order);
});
