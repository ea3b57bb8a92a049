import { expect, it } from "vitest";
import { ApiClient } from "../../support/api-client.ts";
import { startDesk } from "../../support/start-desk.ts";

it("delivers a placed order to all users on both streams", async () => {
  const { url } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  const ben = await ApiClient.signIn(url, "ben");
  const streams = [
    await ada.stream("/api/orders/stream"),
    await ben.stream("/api/orders/stream"),
    await ada.stream("/api/orders/stream/reliable"),
    await ben.stream("/api/orders/stream/reliable"),
  ];
  const placed = await ada.json<Record<string, unknown>>("POST", "/api/orders", {
    customerName: "Alder",
    amount: 49.9,
  });
  for (const stream of streams) {
    const { data } = await stream.next("orders");
    expect(data).toEqual({ orderId: "1001", customerName: "Alder", amount: 49.9, placedAt: placed.placedAt });
  }
});

it("replays exactly the missed orders to a client that reconnects", async () => {
  const { url } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  const first = await ada.stream("/api/orders/stream/reliable");
  await ada.placeOrder("Before");
  const { id } = await first.next("orders");
  first.close();
  for (const name of ["Missed 1", "Missed 2", "Missed 3"]) await ada.placeOrder(name);
  const second = await ada.stream("/api/orders/stream/reliable", { "last-event-id": id });
  await ada.placeOrder("Live");
  const names: string[] = [];
  while (names.at(-1) !== "Live") names.push((await second.next("orders")).data.customerName);
  expect(names).toEqual(["Missed 1", "Missed 2", "Missed 3", "Live"]);
});

it("continues from the position of the order list without missing an order", async () => {
  const { url } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  await ada.placeOrder("Listed");
  const { orders, position } = await ada.json<{ orders: { customerName: string }[]; position: string }>(
    "GET",
    "/api/orders",
  );
  await ada.placeOrder("In between");
  const stream = await ada.stream(`/api/orders/stream/reliable?lastEventId=${position}`);
  expect(orders.map((order) => order.customerName)).toEqual(["Listed"]);
  expect((await stream.next("orders")).data.customerName).toBe("In between");
});

it("sends a gap and all kept orders for a position from another epoch", async () => {
  const { url } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  await ada.placeOrder("Kept");
  const stream = await ada.stream("/api/orders/stream/reliable?lastEventId=stale-7");
  expect((await stream.next("gap")).data).toMatchObject({ reason: "other-epoch", lastEventId: "stale-7" });
  expect((await stream.next("orders")).data.customerName).toBe("Kept");
});

it("sends a gap for a position whose orders were trimmed", async () => {
  const { url } = await startDesk({ retainOrders: 2 });
  const ada = await ApiClient.signIn(url, "ada");
  const { eventId } = await ada.placeOrder("One");
  for (const name of ["Two", "Three", "Four"]) await ada.placeOrder(name);
  const stream = await ada.stream("/api/orders/stream/reliable", { "last-event-id": eventId });
  expect((await stream.next("gap")).data).toMatchObject({ reason: "trimmed", lastEventId: eventId });
  expect((await stream.next("orders")).data.customerName).toBe("Three");
});

it("opens a stream before the first order", async () => {
  const { url } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  expect(await ada.json("GET", "/api/orders")).toMatchObject({ orders: [], position: expect.stringMatching(/-0$/) });
  const stream = await ada.stream("/api/orders/stream/reliable");
  expect(stream.response.headers.get("content-type")).toMatch("text/event-stream");
  expect(stream.response.headers.get("content-security-policy")).toContain("default-src 'none'");
});

it.each([
  [{ amount: 1 }, "customerName is missing."],
  [{ customerName: " ", amount: 1 }, "customerName must not be empty."],
  [{ customerName: "A" }, "amount is missing."],
  [{ customerName: "A", amount: "12" }, "amount must be of type number."],
  [{ customerName: "A", amount: 0 }, "amount must be >= 0.01."],
  [{ customerName: "A", amount: 1.234 }, "amount may have at most two decimals."],
  [{ customerName: "A", amount: 1, orderId: "1" }, "orderId is not a known field."],
  [[], "The body must be of type object."],
])("refuses the order %j with the reason", async (body, message) => {
  const { url } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  const response = await ada.fetch("POST", "/api/orders", body);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ message });
  expect(await ada.json("GET", "/api/orders")).toMatchObject({ orders: [] });
});

it("accepts amounts with two decimals that have no exact binary form", async () => {
  const { url } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  for (const amount of [0.07, 1.1, 19.99, 999_999.99]) {
    expect((await ada.fetch("POST", "/api/orders", { customerName: "A", amount })).status).toBe(201);
  }
});

it("ends the async iterable of a client that disconnects, even if no order comes", async () => {
  const { url, desk } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  const stream = await ada.stream("/api/orders/stream");
  await expect.poll(() => desk.sluice.stats().channels.orders?.cohorts).toBe(1);
  stream.close();
  await expect.poll(() => desk.sluice.stats().channels.orders?.cohorts).toBe(0);
});
