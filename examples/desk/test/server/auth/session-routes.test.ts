import { SignJWT } from "jose";
import { expect, it } from "vitest";
import { ApiClient } from "../../support/api-client.ts";
import { startDesk } from "../../support/start-desk.ts";

const SECRET = "a secret of at least thirty-two bytes, for tests";

const ROUTES_FOR_USERS = [
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
  ["GET", "/api/stream"],
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

it("answers 401 without a user, on every route that needs one", async () => {
  const { url } = await startDesk();
  const anonymous = new ApiClient(url, "");
  for (const [method, path] of ROUTES_FOR_USERS) {
    const response = await anonymous.fetch(method, path);
    expect([path, response.status]).toEqual([path, 401]);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
  }
});

it("answers 401 to a token that is expired, of another issuer, forged or malformed", async () => {
  const { url } = await startDesk({ jwtSecret: SECRET });
  const tokens = {
    good: await sign("ada", "sluice-desk", 60),
    expired: await sign("ada", "sluice-desk", -1),
    otherIssuer: await sign("ada", "another issuer", 60),
    forged: await sign("ada", "sluice-desk", 60, "another secret of at least thirty-two bytes"),
    malformed: "not.a.token",
  };
  const statuses: Record<string, number> = {};
  for (const [name, token] of Object.entries(tokens)) {
    statuses[name] = (await new ApiClient(url, token).fetch("GET", "/api/orders")).status;
  }
  expect(statuses).toEqual({ good: 200, expired: 401, otherIssuer: 401, forged: 401, malformed: 401 });
});

it("ends a stream when its token expires, and refuses to reopen it", async () => {
  const { url, desk } = await startDesk({ tokenLifetime: 500 });
  const ada = await ApiClient.signIn(url, "ada");
  const stream = await ada.stream("/api/orders/stream/reliable");
  await stream.ended;
  expect(desk.sluice.stats().closed.expired).toBe(1);
  expect((await ada.stream("/api/orders/stream/reliable")).response.status).toBe(401);
});

it("opens streams with the session cookie, which scripts cannot read", async () => {
  const { url } = await startDesk();
  const signedIn = await new ApiClient(url, "").fetch("POST", "/api/session", { userId: "ben" });
  const cookie = signedIn.headers.get("set-cookie") ?? "";
  expect(cookie).toMatch(/; HttpOnly; SameSite=Strict/);
  const stream = await new ApiClient(url, "").stream("/api/orders/stream", { cookie: cookie.split(";")[0]! });
  expect(stream.response.status).toBe(200);
});

it("accepts a ticket for one stream only", async () => {
  const { url } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  const { ticket } = await ada.json<{ ticket: string }>("POST", "/api/session/ticket");
  const anonymous = new ApiClient(url, "");
  expect((await anonymous.stream(`/api/orders/stream?ticket=${ticket}`)).response.status).toBe(200);
  expect((await anonymous.stream(`/api/orders/stream?ticket=${ticket}`)).response.status).toBe(401);
});

it("signs in demo users only", async () => {
  const { url } = await startDesk();
  for (const userId of ["generator", "eve", ""]) {
    const response = await new ApiClient(url, "").fetch("POST", "/api/session", { userId });
    expect([userId, response.status]).toEqual([userId, 400]);
  }
});
