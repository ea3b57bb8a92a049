import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { isIP, isIPv6 } from "node:net";
import type { Certificate } from "./certificate.ts";
import { bits, boolean, explicit, implicit, integer, octets, oid, sequence, set, utcTime, utf8 } from "./der.ts";

const DAY_MS = 86_400_000;
/** Chromium and Safari refuse certificates that are valid for longer than 825 days. */
const VALID_DAYS = 365;
const SERIAL_BYTES = 16;
const VERSION_3 = Buffer.from([2]);
/** The key may sign, which is all that TLS 1.3 needs. */
const DIGITAL_SIGNATURE = Buffer.from([0x80]);

/**
 * Makes a certificate that signs itself, and its key (RFC 5280, P-256). `names` are the host names and addresses for
 * which it is valid. Nobody trusts it: browsers warn once.
 */
export function makeCertificate(names: readonly string[], now: Date = new Date()): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = sequence(oid("1.2.840.10045.4.3.2")); // ecdsa-with-SHA256
  const name = sequence(set(sequence(oid("2.5.4.3"), utf8("Sluice desk")))); // commonName
  const serial = randomBytes(SERIAL_BYTES);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  // A clock may be wrong by a day.
  const validity = [new Date(now.getTime() - DAY_MS), new Date(now.getTime() + VALID_DAYS * DAY_MS)];
  const content = sequence(
    explicit(0, integer(VERSION_3)),
    integer(serial),
    algorithm,
    name,
    sequence(...validity.map(utcTime)),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    explicit(3, sequence(...extensionsFor(names))),
  );
  const signature = sign("sha256", content, privateKey);
  const certificate = sequence(content, algorithm, bits(signature));
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: pem(certificate),
  };
}

function extensionsFor(names: readonly string[]): Buffer[] {
  return [
    sequence(oid("2.5.29.19"), boolean(true), octets(sequence())), // basicConstraints: no authority
    sequence(oid("2.5.29.15"), boolean(true), octets(bits(DIGITAL_SIGNATURE, 7))), // keyUsage
    sequence(oid("2.5.29.37"), octets(sequence(oid("1.3.6.1.5.5.7.3.1")))), // extKeyUsage: serverAuth
    sequence(oid("2.5.29.17"), octets(sequence(...names.map(alternativeName)))),
  ];
}

function alternativeName(name: string): Buffer {
  const address = name.replace(/^\[(.*)\]$/, "$1");
  return isIP(address) === 0 ? implicit(2, Buffer.from(name)) : implicit(7, addressBytes(address));
}

function addressBytes(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split(".").map(Number));
  // A URL shows each IPv6 address without an IPv4 part, and with at most one "::".
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groupsOf = (text = "") => (text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16)));
  const [first, last] = [groupsOf(head), groupsOf(tail)];
  const zeros = new Array<number>(8 - first.length - last.length).fill(0);
  const bytes = Buffer.alloc(16);
  for (const [index, group] of [...first, ...zeros, ...last].entries()) bytes.writeUInt16BE(group, index * 2);
  return bytes;
}

function pem(certificate: Buffer): string {
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}
