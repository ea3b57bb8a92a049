import { expect, it } from "vitest";
import type { StreamList } from "../../../wire/stream.ts";
import { ApiClient } from "../../support/api-client.ts";
import { startDesk } from "../../support/start-desk.ts";

it("lists the user's own streams with their positions, and cuts them", async () => {
  const { url, desk } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  const { eventId } = await ada.placeOrder("One");
  const stream = await ada.stream("/api/orders/stream/reliable?key=mine", { "last-event-id": eventId });
  const { streams } = await ada.json<StreamList>("GET", "/api/streams");
  expect(streams).toMatchObject([{ key: "mine", resumedFrom: eventId, positionAtOpen: eventId }]);
  expect((await ada.fetch("POST", `/api/streams/${streams[0]!.id}/cut`)).status).toBe(204);
  await stream.ended;
  expect(desk.sluice.stats().closed.disconnected).toBe(1);
});

it("neither lists nor cuts another user's stream", async () => {
  const { url, desk } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  const ben = await ApiClient.signIn(url, "ben");
  await ada.stream("/api/orders/stream");
  const [{ id } = { id: "" }] = desk.sluice.connections();
  expect(await ben.json("GET", "/api/streams")).toEqual({ streams: [] });
  expect((await ben.fetch("POST", `/api/streams/${id}/cut`)).status).toBe(404);
  expect(desk.sluice.stats().streams).toBe(1);
});
