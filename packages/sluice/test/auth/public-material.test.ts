import { generateKeyPairSync, randomBytes, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { base64url } from "jose";
import { describe, expect, it } from "vitest";
import { createAuth } from "../../src/auth/index.ts";
import { looksPublic } from "../../src/auth/public-material.ts";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ed = generateKeyPairSync("ed25519");
const pem = rsa.publicKey.export({ type: "spki", format: "pem" }).toString();
const der = rsa.publicKey.export({ type: "spki", format: "der" });
const jwk = rsa.publicKey.export({ format: "jwk" });
const certificate = new X509Certificate(readFileSync(new URL("../support/localhost.pem", import.meta.url)));
const base64 = der.toString("base64");
const lines = (text: string) => (text.match(/.{1,64}/g) ?? []).join("\n");
const string = (text: string) => {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
};
const sshKey = Buffer.concat([string("ssh-ed25519"), string("\0".repeat(32))]).toString("base64");

const PUBLIC: readonly [what: string, secret: string | Uint8Array][] = [
  ["PEM", pem],
  ["PEM after a line end", `\n${pem}`],
  ["PEM after white space", ` \t\r\n ${pem}`],
  ["PEM after a byte order mark", `\uFEFF${pem}`],
  ["PEM after a zero byte", `\0${pem}`],
  ["PEM with CRLF", `\r\n${pem.replaceAll("\n", "\r\n")}`],
  ["PEM in quotes, with escaped line ends", JSON.stringify(pem)],
  ["PEM on one line", pem.replaceAll("\n", " ")],
  ["PEM in a URL", encodeURIComponent(pem)],
  ["PEM after a text", `Public key of the issuer:\n\n${pem}`],
  ["PEM without its first line", pem.split("\n").slice(1).join("\n")],
  ["PEM without its first and last line", pem.split("\n").slice(1, -2).join("\n")],
  ["PEM in UTF-16", Buffer.from(`\uFEFF${pem}`, "utf16le")],
  ["PEM in UTF-16, big-endian", Buffer.from(`\uFEFF${pem}`, "utf16le").swap16()],
  ["PEM in Base64", Buffer.from(pem).toString("base64")],
  ["PEM in Base64 in lines", lines(Buffer.from(pem).toString("base64"))],
  ["PEM in Base64 in Base64", Buffer.from(Buffer.from(pem).toString("base64")).toString("base64")],
  ["PEM in JSON", JSON.stringify({ issuer: "id.example.com", key: pem })],
  ["a PKCS #1 key in PEM", `\n${rsa.publicKey.export({ type: "pkcs1", format: "pem" })}`],
  ["an EC key in PEM", ` ${ec.publicKey.export({ type: "spki", format: "pem" })}`],
  ["an Ed25519 key in PEM", ` ${ed.publicKey.export({ type: "spki", format: "pem" })}`],
  ["a private key in PEM", ` ${rsa.privateKey.export({ type: "pkcs8", format: "pem" })}`],
  ["a certificate in PEM", `\n${certificate}`],
  ["a certificate with its description", `Certificate:\n    Data:\n        Version: 3 (0x2)\n${certificate}`],
  ["a PGP key", "\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEY"],
  ["an SSH2 key", '---- BEGIN SSH2 PUBLIC KEY ----\nComment: "256-bit ED25519"\n'],
  ["an OpenSSH key", `ssh-ed25519 ${sshKey} ada@example.com`],
  ["an OpenSSH key with options", `restrict,command="x" ssh-rsa ${sshKey}`],
  ["an OpenSSH key without its name", sshKey],
  ["DER", der],
  ["DER of an EC key", ec.publicKey.export({ type: "spki", format: "der" })],
  ["DER of an Ed25519 key", ed.publicKey.export({ type: "spki", format: "der" })],
  ["DER of a PKCS #1 key", rsa.publicKey.export({ type: "pkcs1", format: "der" })],
  ["DER of a certificate", certificate.raw],
  ["DER in Base64", base64],
  ["DER in Base64 without padding, in quotes", `"${base64.replaceAll("=", "")}"`],
  ["DER in Base64url", der.toString("base64url")],
  ["DER in Base64 in lines", `\n${lines(base64)}\n`],
  ["DER in Base64 in JSON", JSON.stringify({ realm: "shop", public_key: base64 })],
  ["DER of an Ed25519 key in Base64", ed.publicKey.export({ type: "spki", format: "der" }).toString("base64")],
  ["DER in hexadecimal", der.toString("hex")],
  ["DER in hexadecimal with colons", (der.toString("hex").match(/../g) ?? []).join(":").toUpperCase()],
  ["a JSON Web Key", JSON.stringify(jwk)],
  ["a JSON Web Key after a byte order mark", `\uFEFF\r\n ${JSON.stringify(jwk, undefined, 2)}`],
  ["a JSON Web Key in a JSON string", JSON.stringify(JSON.stringify(jwk))],
  ["a JSON Web Key in Base64url", base64url.encode(JSON.stringify(jwk))],
  ["an EC key as a JSON Web Key", JSON.stringify(ec.publicKey.export({ format: "jwk" }))],
  ["a key set", ` ${JSON.stringify({ keys: [jwk] })}`],
  ["the URL of a key set", " https://id.example.com/.well-known/jwks.json"],
  ["a key in XML", `<RSAKeyValue><Modulus>${jwk.n}</Modulus><Exponent>AQAB</Exponent></RSAKeyValue>`],
  ["a certificate in XML", `<ds:X509Data><ds:X509Certificate>${certificate.raw.toString("base64")}`],
];

describe("createAuth() refuses as a secret", () => {
  it.each(PUBLIC)("%s", async (_what, secret) => {
    for (const given of [secret, typeof secret === "string" ? Buffer.from(secret) : new Uint8Array(secret)]) {
      await expect(createAuth({ secret: given })).rejects.toMatchObject({
        code: "INVALID_OPTION",
        message: expect.stringContaining("looks like a key, a certificate or a URL"),
      });
    }
  });
});

describe("createAuth() accepts as a secret", () => {
  it.each<[what: string, secret: string | Uint8Array]>([
    ["a passphrase", "correct horse battery staple, and more"],
    ["a passphrase with a key's words", "BEGIN the PUBLIC KEY - keys: kty, https, ssh-rsa"],
    ["32 random bytes", randomBytes(32)],
    ["random bytes that begin like DER", Buffer.concat([Buffer.from([0x30, 0x2e, 0x30]), randomBytes(45).fill(0x7f)])],
    ["random bytes in Base64", randomBytes(64).toString("base64")],
    ["random bytes in Base64url", randomBytes(64).toString("base64url")],
    ["random bytes in hexadecimal", randomBytes(64).toString("hex")],
    ["two UUIDs", `${crypto.randomUUID()}${crypto.randomUUID()}`],
    ["zeros", new Uint8Array(64)],
    ["letters", "a".repeat(10_000)],
  ])("%s", async (_what, secret) => {
    await expect(createAuth({ secret })).resolves.toBeDefined();
  });

  it("random bytes, however they are written", () => {
    for (let i = 0; i < 2_000; i++) {
      const bytes = randomBytes(32 + (i % 96));
      for (const secret of [bytes, ...(["base64", "base64url", "hex"] as const).map((as) => bytes.toString(as))])
        expect(looksPublic(Buffer.from(secret))).toBe(false);
    }
  });
});
