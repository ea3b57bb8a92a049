import { expect, it } from "vitest";
import { ApiClient } from "../../support/api-client.ts";
import { startDesk } from "../../support/start-desk.ts";
import { temporaryFolder } from "../../support/temporary-folder.ts";

const SECRET = "a secret of at least thirty-two bytes, for tests";
const STREAM = "/api/orders/stream/reliable";

function signInEach(url: string, users: readonly string[]): Promise<ApiClient[]> {
  return Promise.all(users.map((user) => ApiClient.signIn(url, user)));
}

it("ends the session's streams, and makes its token, cookie and tickets invalid", async () => {
  const { url, desk } = await startDesk();
  const [ada, elsewhere, ben] = (await signInEach(url, ["ada", "ada", "ben"])) as [ApiClient, ApiClient, ApiClient];
  const { ticket } = await ada.json<{ ticket: string }>("POST", "/api/session/ticket");
  const paths = [STREAM, "/api/orders/stream", "/api/dashboard/stream"];
  const streams = await Promise.all(paths.map((path) => ada.stream(path)));
  const others = [await elsewhere.stream(STREAM), await ben.stream(STREAM)];

  const signedOut = await ada.fetch("DELETE", "/api/session");
  expect(signedOut.status).toBe(204);
  expect(signedOut.headers.get("set-cookie")).toMatch(/^desk_session=; .*Max-Age=0/);
  for (const stream of streams) await stream.ended;
  expect(desk.sluice.stats()).toMatchObject({ streams: 2, closed: { disconnected: 3 } });

  const anonymous = new ApiClient(url, "");
  const statuses = [
    await ada.fetch("GET", "/api/session"),
    await ada.fetch("GET", "/api/orders"),
    await ada.fetch("GET", STREAM),
    await ada.fetch("POST", "/api/session/ticket"),
    await anonymous.fetch("GET", STREAM, undefined, { cookie: `desk_session=${ada.token}` }),
    await anonymous.fetch("GET", `${STREAM}?ticket=${ticket}`),
  ].map(({ status }) => status);
  expect(statuses).toEqual([401, 401, 401, 401, 401, 401]);

  await ben.placeOrder("One");
  for (const stream of others) await stream.next("orders");
  expect((await elsewhere.fetch("GET", "/api/session")).status).toBe(200);
  expect((await (await ApiClient.signIn(url, "ada")).fetch("GET", "/api/session")).status).toBe(200);
});

it("ends both sessions of a request with two tokens, and the session of a cookie alone", async () => {
  const { url } = await startDesk();
  const clients = (await signInEach(url, ["ada", "ada", "ada"])) as [ApiClient, ApiClient, ApiClient];
  const [one, two, three] = clients;
  await one.fetch("DELETE", "/api/session", undefined, { cookie: `desk_session=${two.token}` });
  const anonymous = new ApiClient(url, "");
  await anonymous.fetch("DELETE", "/api/session", undefined, { cookie: `desk_session=${three.token}` });
  for (const client of clients) expect((await client.fetch("GET", "/api/session")).status).toBe(401);
});

it("answers 204 without a session, and the second time", async () => {
  const { url } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  for (const client of [new ApiClient(url, ""), new ApiClient(url, "not.a.token"), ada, ada])
    expect((await client.fetch("DELETE", "/api/session")).status).toBe(204);
});

it("leaves no stream of a request that was authenticated before", async () => {
  const { url, desk } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  for (let round = 0; round < 10; round++) {
    const client = await ApiClient.signIn(url, "ada");
    const opening = Promise.all(Array.from({ length: 10 }, () => client.stream(STREAM)));
    await client.fetch("DELETE", "/api/session");
    for (const stream of await opening) if (stream.response.status !== 401) await stream.ended;
  }
  expect(desk.sluice.stats().streams).toBe(0);
  expect((await ada.fetch("GET", "/api/session")).status).toBe(200);
});

it("holds on every desk of the log, and after a restart", async () => {
  const log = { kind: "lmdb", path: await temporaryFolder() } as const;
  const first = await startDesk({ log, jwtSecret: SECRET });
  const second = await startDesk({ log, jwtSecret: SECRET });
  const ada = await ApiClient.signIn(first.url, "ada");
  const elsewhere = new ApiClient(second.url, ada.token);
  const stream = await elsewhere.stream(STREAM);
  await ada.fetch("DELETE", "/api/session");
  await stream.ended;
  expect((await elsewhere.fetch("GET", "/api/session")).status).toBe(401);
  await Promise.all([first.close(), second.close()]);
  const restarted = await startDesk({ log, jwtSecret: SECRET });
  expect((await new ApiClient(restarted.url, ada.token).fetch("GET", "/api/session")).status).toBe(401);
});
