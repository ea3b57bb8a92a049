import { SignJWT } from "jose";
import { expect, test } from "vitest";
import { ApiClient } from "../support/api-client.ts";
import { startDesk } from "../support/start-desk.ts";

const SECRET = "a secret of at least thirty-two bytes, for tests";

const NEED_A_USER = [
  ["GET", "/api/orders"],
  ["POST", "/api/orders"],
  ["GET", "/api/orders/stream"],
  ["GET", "/api/orders/stream/reliable"],
  ["GET", "/api/notifications/stream"],
  ["GET", "/api/notifications/broadcast"],
  ["POST", "/api/notifications"],
  ["POST", "/api/exports/start"],
  ["GET", "/api/exports/x/progress"],
  ["GET", "/api/exports/x/download"],
  ["GET", "/api/dashboard/stream"],
  ["GET", "/api/dashboard/history"],
  ["GET", "/api/generator"],
  ["POST", "/api/generator"],
  ["GET", "/api/streams"],
  ["POST", "/api/streams/x/cut"],
] as const;

function sign(subject: string, issuer: string, lifetimeS: number, secret = SECRET): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  return new SignJWT({})
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(subject)
    .setIssuer(issuer)
    .setExpirationTime(now + lifetimeS)
    .sign(new TextEncoder().encode(secret));
}

test("whatever concerns a user is 401 without one", async () => {
  const { url } = await startDesk();
  const nobody = new ApiClient(url, "");
  for (const [method, path] of NEED_A_USER) {
    const response = await nobody.fetch(method, path);
    expect([path, response.status]).toEqual([path, 401]);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
  }
});

test("a token that is expired, foreign, forged or broken is 401", async () => {
  const { url } = await startDesk({ jwtSecret: SECRET });
  const tokens = {
    good: await sign("ada", "sluice-desk", 60),
    expired: await sign("ada", "sluice-desk", -1),
    foreign: await sign("ada", "somebody else", 60),
    forged: await sign("ada", "sluice-desk", 60, "another secret of at least thirty-two bytes"),
    broken: "not.a.token",
  };
  const statuses: Record<string, number> = {};
  for (const [name, token] of Object.entries(tokens)) {
    statuses[name] = (await new ApiClient(url, token).fetch("GET", "/api/orders")).status;
  }
  expect(statuses).toEqual({ good: 200, expired: 401, foreign: 401, forged: 401, broken: 401 });
});

test("a stream ends when its token does, and does not come back", async () => {
  const { url, desk } = await startDesk({ tokenLifetime: 500 });
  const ada = await ApiClient.signIn(url, "ada");
  const stream = await ada.stream("/api/orders/stream/reliable");
  await stream.ended;
  expect(desk.sluice.stats().closed.expired).toBe(1);
  expect((await ada.stream("/api/orders/stream/reliable")).response.status).toBe(401);
});

test("the session cookie opens streams, and scripts cannot read it", async () => {
  const { url } = await startDesk();
  const signedIn = await new ApiClient(url, "").fetch("POST", "/api/session", { userId: "ben" });
  const cookie = signedIn.headers.get("set-cookie") ?? "";
  expect(cookie).toMatch(/; HttpOnly; SameSite=Strict/);
  const stream = await new ApiClient(url, "").stream("/api/orders/stream", { cookie: cookie.split(";")[0]! });
  expect(stream.response.status).toBe(200);
});

test("a ticket opens one stream, once", async () => {
  const { url } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  const { ticket } = await ada.json<{ ticket: string }>("POST", "/api/session/ticket");
  const nobody = new ApiClient(url, "");
  expect((await nobody.stream(`/api/orders/stream?ticket=${ticket}`)).response.status).toBe(200);
  expect((await nobody.stream(`/api/orders/stream?ticket=${ticket}`)).response.status).toBe(401);
});

test("only the demo users can be signed in as", async () => {
  const { url } = await startDesk();
  for (const userId of ["generator", "eve", ""]) {
    const response = await new ApiClient(url, "").fetch("POST", "/api/session", { userId });
    expect([userId, response.status]).toEqual([userId, 400]);
  }
});
