import { createPublicKey } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { base64url, exportJWK, exportSPKI, generateKeyPair, UnsecuredJWT } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createAuth } from "../../src/auth/index.ts";
import { guardedServer, SECRET, token } from "./support/guarded-server.ts";

const INVALID = {
  status: 401,
  challenge: 'Bearer realm="sluice", error="invalid_token"',
  body: "The credential is not valid.",
};
const MISSING = { status: 401, challenge: 'Bearer realm="sluice"', body: "Authentication is required." };

afterEach(() => {
  vi.useRealTimers();
});

describe("a bearer token", () => {
  it("identifies the user, and states when the credential expires", async () => {
    await using server = await guardedServer({ secret: SECRET });
    const exp = Math.floor(Date.now() / 1000) + 60;
    const { status, body } = await server.getWith(await token({ claims: { exp, role: "admin" } }));
    expect(status).toBe(200);
    expect(JSON.parse(body)).toMatchObject({ user: "ada", expiresAt: exp * 1000, claims: { role: "admin" } });
  });

  it("is accepted with the scheme in upper or lower case", async () => {
    await using server = await guardedServer({ secret: SECRET });
    expect((await server.get("/", { authorization: `bEARER  ${await token()}` })).status).toBe(200);
  });

  it("is read from a Fetch Request", async () => {
    const auth = await createAuth({ secret: new TextEncoder().encode(SECRET) });
    const request = new Request("http://localhost/", { headers: { authorization: `Bearer ${await token()}` } });
    expect((await auth.authenticate(request)).user).toBe("ada");
  });

  it("that is missing is answered with a challenge without an error code", async () => {
    await using server = await guardedServer({ secret: SECRET });
    expect(await server.get("/")).toEqual(MISSING);
    expect(await server.get("/", { authorization: "Basic YTpi" })).toEqual(MISSING);
  });

  it("names the user in the claim of the option `userClaim`", async () => {
    await using server = await guardedServer({ secret: SECRET, userClaim: "email" });
    const { body } = await server.getWith(await token({ claims: { email: "ada@example.com" } }));
    expect(JSON.parse(body).user).toBe("ada@example.com");
    expect(await server.getWith(await token())).toEqual(INVALID);
  });

  it("stays valid for the tolerance after its expiry, and expiresAt includes the tolerance", async () => {
    await using server = await guardedServer({ secret: SECRET, clockTolerance: 5_000 });
    const now = Math.floor(Date.now() / 1000);
    const { status, body } = await server.getWith(await token({ claims: { exp: now - 2 } }));
    expect(status).toBe(200);
    expect(JSON.parse(body).expiresAt).toBe((now - 2) * 1000 + 5_000);
    expect(await server.getWith(await token({ claims: { exp: now - 6 } }))).toEqual(INVALID);
  });
});

describe("a token is refused with the same answer", () => {
  const now = Math.floor(Date.now() / 1000);
  const signedBy = (secret: string) => token({ key: new TextEncoder().encode(secret) });
  const options = { secret: SECRET, issuer: "https://id.example.com", audience: ["orders", "billing"] };
  const good = { iss: options.issuer, aud: "orders" };

  it.each<[reason: string, make: () => Promise<string>]>([
    ["another secret signed it", () => signedBy(`${SECRET}!`)],
    ["it has expired", () => token({ claims: { ...good, exp: now - 1 } })],
    ["it never expires", () => token({ claims: { ...good, exp: undefined } })],
    ["its expiry is not a number", () => token({ claims: { ...good, exp: "tomorrow" } })],
    ["it is not valid yet", () => token({ claims: { ...good, nbf: now + 60 } })],
    ["another issuer issued it", () => token({ claims: { ...good, iss: "https://evil.example.com" } })],
    ["it names no issuer", () => token({ claims: { aud: "orders" } })],
    ["it is for another audience", () => token({ claims: { ...good, aud: "mail" } })],
    ["it names no user", () => token({ claims: { ...good, sub: undefined } })],
    ["its user is empty", () => token({ claims: { ...good, sub: "" } })],
    ["its algorithm is none", async () => new UnsecuredJWT({ ...good, sub: "ada", exp: now + 60 }).encode()],
    ["its algorithm is not in the list", () => token({ alg: "HS512", claims: good })],
    ["it is not a token", async () => "abc"],
    ["it is encrypted rather than signed", async () => "a.b.c.d.e"],
    ["it is empty", async () => ""],
    ["it has characters that a token cannot have", async () => "a.b.c, Bearer d.e.f"],
    [
      "its payload was changed",
      async () => {
        const [header, , signature] = (await token({ claims: good })).split(".");
        return [header, base64url.encode(JSON.stringify({ ...good, sub: "bob", exp: now + 60 })), signature].join(".");
      },
    ],
  ])("if %s", async (_reason, make) => {
    await using server = await guardedServer(options);
    expect((await server.getWith(await token({ claims: good }))).status).toBe(200);
    expect(await server.getWith(await make())).toEqual(INVALID);
  });

  it("and the error has the reason as its cause", async () => {
    await using server = await guardedServer(options);
    await server.getWith(await token({ claims: { ...good, exp: now - 1 } }));
    expect(server.errors[0]).toMatchObject({ code: "UNAUTHENTICATED", cause: { code: "ERR_JWT_EXPIRED" } });
  });
});

describe("a public key", () => {
  it.each(["RS256", "PS256", "ES256", "EdDSA"])("verifies a token that its private key signed with %s", async (alg) => {
    const pair = await generateKeyPair(alg, { extractable: true });
    const signed = await token({ key: pair.privateKey, alg });
    for (const publicKey of [
      pair.publicKey,
      await exportJWK(pair.publicKey),
      createPublicKey(await exportSPKI(pair.publicKey)),
    ]) {
      await using server = await guardedServer({ publicKey });
      expect((await server.getWith(signed)).status).toBe(200);
      const { privateKey } = await generateKeyPair(alg);
      expect(await server.getWith(await token({ key: privateKey, alg }))).toEqual(INVALID);
    }
  });

  it("is never used as the secret of an HMAC", async () => {
    const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
    const pem = await exportSPKI(publicKey);
    const forged = [pem, pem.trim(), JSON.stringify(await exportJWK(publicKey))].map((text) =>
      token({ key: new TextEncoder().encode(text), alg: "HS256" }),
    );
    for (const key of [publicKey, await exportJWK(publicKey), createPublicKey(pem)]) {
      await using server = await guardedServer({ publicKey: key });
      expect((await server.getWith(await token({ key: privateKey, alg: "RS256" }))).status).toBe(200);
      for (const attempt of forged) expect(await server.getWith(await attempt)).toEqual(INVALID);
    }
  });

  it("refuses a token whose algorithm does not fit the key, like any other invalid token", async () => {
    const rsa = await generateKeyPair("RS256");
    const ec = await generateKeyPair("ES256");
    await using server = await guardedServer({ publicKey: rsa.publicKey });
    expect(await server.getWith(await token({ key: ec.privateKey, alg: "ES256" }))).toEqual(INVALID);
  });
});

describe("a key set", () => {
  async function keySet(...kids: string[]) {
    const pairs = await Promise.all(kids.map(() => generateKeyPair("ES256", { extractable: true })));
    const keys = await Promise.all(
      pairs.map(async ({ publicKey }, i) => ({
        ...(await exportJWK(publicKey)),
        kid: kids[i] as string,
        alg: "ES256",
      })),
    );
    return { keys, sign: (i: number, kid = kids[i]) => token({ key: pairs[i]!.privateKey, alg: "ES256", kid }) };
  }

  it("verifies with the key that the token names", async () => {
    const { keys, sign } = await keySet("one", "two");
    await using server = await guardedServer({ jwks: { keys } });
    expect((await server.getWith(await sign(0))).status).toBe(200);
    expect((await server.getWith(await sign(1))).status).toBe(200);
    expect(await server.getWith(await sign(0, "two"))).toEqual(INVALID);
    expect(await server.getWith(await sign(0, "three"))).toEqual(INVALID);
  });

  it("is fetched from its URL", async () => {
    const { keys, sign } = await keySet("one");
    const issuer = createServer((_req, res) => res.end(JSON.stringify({ keys })));
    await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve));
    const jwks = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/jwks.json`;
    await using server = await guardedServer({ jwks });
    expect((await server.getWith(await sign(0))).status).toBe(200);
    expect(await server.getWith(await token({ alg: "HS256" }))).toEqual(INVALID);
    issuer.closeAllConnections();
    issuer.close();
  });

  it.each([
    ["set forward", 600_000, 0],
    ["set back", -3_600_000, 600_000],
    ["right", 0, 600_000],
  ])("is fetched again after ten minutes if the wall clock is %s", async (_clock, step, passed) => {
    const [before, after] = [await keySet("one"), await keySet("one")];
    let { keys } = before;
    const fetched = vi.fn();
    const issuer = createServer((_req, res) => {
      fetched();
      res.end(JSON.stringify({ keys }));
    });
    await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve));
    await using server = await guardedServer({ jwks: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/` });
    const withdrawn = await before.sign(0);
    vi.useFakeTimers({ toFake: ["Date", "performance"] });
    for (let i = 0; i < 3; i++) expect((await server.getWith(withdrawn)).status).toBe(200);
    keys = after.keys;
    vi.setSystemTime(Date.now() + step);
    vi.advanceTimersByTime(passed);
    for (let i = 0; i < 3; i++) expect(await server.getWith(withdrawn)).toEqual(INVALID);
    expect(fetched).toHaveBeenCalledTimes(2);
    issuer.closeAllConnections();
    issuer.close();
  });

  it("that cannot be fetched is a failure of the server: the answer is 500", async () => {
    const { sign } = await keySet("one");
    const issuer = createServer((_req, res) => res.writeHead(503).end());
    await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve));
    const jwks = new URL(`http://127.0.0.1:${(issuer.address() as AddressInfo).port}/jwks.json`);
    await using server = await guardedServer({ jwks });
    expect((await server.getWith(await sign(0))).status).toBe(500);
    issuer.closeAllConnections();
    issuer.close();
  });

  it("may be a function", async () => {
    const { publicKey, privateKey } = await generateKeyPair("EdDSA");
    await using server = await guardedServer({ jwks: () => publicKey });
    expect((await server.getWith(await token({ key: privateKey, alg: "EdDSA" }))).status).toBe(200);
  });
});
