import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type AuthOptions, createAuth } from "../../src/auth/index.ts";
import { SECRET } from "./support/guarded-server.ts";

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const publicPem = publicKey.export({ type: "spki", format: "pem" }).toString();
const publicJwk = publicKey.export({ format: "jwk" });

describe("createAuth()", () => {
  it.each<[what: string, options: unknown, message: string]>([
    ["no options", undefined, "createAuth options"],
    ["an unknown option", { secret: SECRET, algorithm: "HS256" }, "no option `algorithm`"],
    ["no key at all", {}, "exactly one of `secret`, `publicKey` and `jwks`"],
    ["two keys", { secret: SECRET, publicKey }, "exactly one of"],
    ["a short secret", { secret: "short" }, "at least 32 bytes for HS256, but is 5"],
    ["a secret too short for its algorithm", { secret: SECRET, algorithms: ["HS512"] }, "at least 64 bytes"],
    ["a public key as secret", { secret: publicPem }, "looks like a key, a certificate or a URL"],
    ["a public key's bytes as secret", { secret: Buffer.from(publicPem) }, "looks like a key, a certificate or a URL"],
    ["a secret of another type", { secret: 5 }, "a string or a Uint8Array"],
    ["a secret with an algorithm for public keys", { secret: SECRET, algorithms: ["RS256"] }, 'but is "RS256"'],
    ["a public key with an algorithm for secrets", { publicKey, algorithms: ["RS256", "HS256"] }, 'but is "HS256"'],
    ["the algorithm none", { publicKey, algorithms: ["none"] }, 'but is "none"'],
    ["an empty list of algorithms", { publicKey, algorithms: [] }, "`algorithms` must be"],
    ["a private key", { publicKey: privateKey }, "but is a private key"],
    ["a private JWK", { publicKey: privateKey.export({ format: "jwk" }) }, "but is a secret or private key"],
    ["a secret JWK", { publicKey: { kty: "oct", k: "AAAA" } }, "but is a secret or private key"],
    ["a PEM where a key is expected", { publicKey: publicPem }, "createPublicKey(pem), but is a value of type string"],
    ["a URL without a scheme", { jwks: "id.example.com" }, "http or https URL"],
    ["the URL of a file", { jwks: "file:///etc/keys.json" }, "http or https URL"],
    ["a key set without keys", { jwks: {} }, "a URL, a key set or a key function of jose"],
    ["a key set with a secret in it", { jwks: { keys: [publicJwk, { kty: "oct", k: "AAAA" }] } }, "secret or private"],
    ["an empty issuer", { secret: SECRET, issuer: "" }, "`issuer` must be"],
    ["an empty list of audiences", { secret: SECRET, audience: [] }, "`audience` must be"],
    ["a negative tolerance", { secret: SECRET, clockTolerance: -1 }, "`clockTolerance` must be a number of ms"],
    ["an invalid cookie name", { secret: SECRET, cookie: "a b" }, "`cookie` must be"],
    ["a ticket lifetime of 0", { secret: SECRET, tickets: { ttl: 0 } }, "`tickets.ttl` must be"],
    ["a limit of 0 tickets", { secret: SECRET, tickets: { maxTickets: 0 } }, "`tickets.maxTickets` must be"],
    ["a limit of 0 tickets per user", { secret: SECRET, tickets: { maxTicketsPerUser: 0 } }, "maxTicketsPerUser"],
    ["half a ticket per user", { secret: SECRET, tickets: { maxTicketsPerUser: 0.5 } }, "maxTicketsPerUser"],
    ["an unknown option of tickets", { secret: SECRET, tickets: { max: 1 } }, "no option `max`"],
  ])("rejects %s", async (_what, options, message) => {
    await expect(createAuth(options as AuthOptions)).rejects.toMatchObject({
      code: "INVALID_OPTION",
      message: expect.stringContaining(message),
    });
  });

  it("does not show the secret in its error", async () => {
    const error = await createAuth({ secret: "hunter2" }).catch((error: Error) => error);
    expect(String(error)).not.toContain("hunter2");
  });
});
