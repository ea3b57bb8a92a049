import { SignJWT } from "jose";
import { expect, it } from "vitest";
import { MAX_STREAMS_PER_USER } from "../../../server/streams/stream-keys.ts";
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

const SECRET = "a secret of at least thirty-two bytes, for tests";

it("limits the streams of each user, over all tokens and tickets, and frees the places of closed streams", async () => {
  const { url, desk } = await startDesk();
  const users = await Promise.all(["ada", "ada", "ben"].map((user) => ApiClient.signIn(url, user)));
  const [ada, elsewhere, ben] = users as [ApiClient, ApiClient, ApiClient];
  const paths = ["/api/orders/stream", "/api/orders/stream/reliable", "/api/notifications/stream"];
  const open = (client: ApiClient, count: number) =>
    Promise.all(Array.from({ length: count }, (_, n) => client.stream(paths[n % paths.length] ?? "")));
  const streams = await open(ada, MAX_STREAMS_PER_USER);
  expect(new Set(streams.map(({ response }) => response.status))).toEqual(new Set([200]));
  const { ticket } = await ada.json<{ ticket: string }>("POST", "/api/session/ticket");
  const byTicket = await new ApiClient(url, "").stream(`/api/orders/stream?ticket=${ticket}`);
  for (const { response } of [...(await open(ada, 3)), ...(await open(elsewhere, 3)), byTicket]) {
    expect(response.status).toBe(429);
    expect(response.headers.get("retry-after")).toMatch(/^\d+$/);
  }
  expect((await ben.stream("/api/orders/stream")).response.status).toBe(200);

  for (const stream of streams.slice(0, 2)) stream.close();
  await expect.poll(() => desk.sluice.stats().streams).toBe(MAX_STREAMS_PER_USER - 1);
  const again = await open(elsewhere, 3);
  expect(again.map(({ response }) => response.status).sort()).toEqual([200, 200, 429]);
});

it("gives the generator on this machine a limit of its own", async () => {
  const { url } = await startDesk({ jwtSecret: SECRET });
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: "HS256" })
    .setSubject("generator")
    .setIssuer("sluice-desk")
    .setExpirationTime("1m")
    .sign(new TextEncoder().encode(SECRET));
  const generator = new ApiClient(url, token);
  const count = MAX_STREAMS_PER_USER + 20;
  const streams = await Promise.all(Array.from({ length: count }, () => generator.stream("/api/orders/stream")));
  expect(new Set(streams.map(({ response }) => response.status))).toEqual(new Set([200]));
  const ada = await ApiClient.signIn(url, "ada");
  expect((await ada.stream("/api/orders/stream")).response.status).toBe(200);
});
