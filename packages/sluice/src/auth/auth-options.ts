import type { JSONWebKeySet, JWK, JWTVerifyGetKey } from "jose";
import { checkNames, checkNumber, checkText, invalidOption } from "../base/checks/check-option.ts";
import { SluiceError } from "../base/errors/sluice-error.ts";
import { looksPublic } from "./public-material.ts";
import type { TicketLimits } from "./tickets.ts";
import type { KeyObject, VerifierSettings } from "./token-verifier.ts";

/** Options of tickets. */
export interface TicketOptions {
  /**
   * Makes a ticket invalid this long after it was issued, in ms, by the wall clock or the monotonic clock, whichever
   * comes first. At least 1. Default: 30,000.
   */
  readonly ttl?: number;
  /**
   * Limits the number of valid tickets in memory. Beyond the limit, the oldest ticket of the user who has most becomes
   * invalid. Default: 10,000.
   */
  readonly maxTickets?: number;
  /**
   * Limits the number of valid tickets of one user. Beyond the limit, the oldest ticket of this user becomes invalid,
   * so that no user can make the tickets of others invalid. Default: 100.
   */
  readonly maxTicketsPerUser?: number;
}

/** Options of `createAuth`. Exactly one of `secret`, `publicKey` and `jwks` is required. */
export interface AuthOptions {
  /**
   * Sets the secret that signs and verifies tokens (HS256, HS384, HS512). A string stands for its UTF-8 bytes. At least
   * 32 bytes for HS256, 48 for HS384, 64 for HS512. Use random bytes: a public key, a certificate or a URL is refused.
   * Required, unless `publicKey` or `jwks` is set.
   */
  readonly secret?: string | Uint8Array;
  /**
   * Sets the issuer's public key: a JWK, a `CryptoKey`, or Node's `createPublicKey(pem)`. Required, unless `secret` or
   * `jwks` is set.
   */
  readonly publicKey?: JWK | KeyObject;
  /**
   * Sets the issuer's public keys: the URL of a key set, the key set itself, or a key function of jose. Required,
   * unless `secret` or `publicKey` is set.
   */
  readonly jwks?: string | URL | JSONWebKeySet | JWTVerifyGetKey;
  /**
   * Lists the accepted signature algorithms (RFC 7518, section 3.1). Algorithms of secrets and of public keys cannot be
   * mixed, and `none` is never accepted. Default: `HS256` for a `secret`; for public keys, all algorithms of public
   * keys.
   */
  readonly algorithms?: readonly string[];
  /** Lists the accepted issuers (the claim `iss`). Default: every issuer that has the key. */
  readonly issuer?: string | readonly string[];
  /** Lists the accepted audiences (the claim `aud`). Default: every audience. */
  readonly audience?: string | readonly string[];
  /** Tolerates this difference between the issuer's clock and this process's, in ms. Default: 0. */
  readonly clockTolerance?: number;
  /** Names the claim that identifies the user. A token without this claim is invalid. Default: `sub`. */
  readonly userClaim?: string;
  /** Names the cookie that carries the token. Default: cookies are not read. */
  readonly cookie?: string;
  /** Sets the lifetime and number of tickets. Default: the defaults of {@link TicketOptions}. */
  readonly tickets?: TicketOptions;
}

const SECRET_ALGORITHMS = ["HS256", "HS384", "HS512"];
const PUBLIC_KEY_ALGORITHMS =
  "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519 ML-DSA-44 ML-DSA-65 ML-DSA-87".split(" ");
/** [spec] A key of the same size as the hash output or larger MUST be used (RFC 7518, section 3.2). */
const SECRET_BYTES: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 };

/** {@link AuthOptions}, validated and with the defaults filled in. */
export interface AuthSettings {
  readonly verifier: VerifierSettings;
  readonly userClaim: string;
  readonly cookie: string | undefined;
  readonly tickets: TicketLimits;
}

const NAMES = "secret publicKey jwks algorithms issuer audience clockTolerance userClaim cookie tickets".split(" ");

/** Validates the options. Throws `INVALID_OPTION`, with a message that never shows a key. */
export function checkAuthOptions(options: AuthOptions): AuthSettings {
  checkNames("createAuth", options, NAMES);
  const { secret, publicKey, jwks, issuer, audience, userClaim, cookie, tickets = {} } = options;
  if ([secret, publicKey, jwks].filter((given) => given !== undefined).length !== 1) {
    throw new SluiceError("INVALID_OPTION", "createAuth needs exactly one of `secret`, `publicKey` and `jwks`.");
  }
  const algorithms = checkAlgorithms(options.algorithms, secret !== undefined);
  checkTextOrTexts("issuer", issuer);
  checkTextOrTexts("audience", audience);
  checkText("userClaim", userClaim);
  // [spec] cookie-name = token (RFC 6265, section 4.1.1)
  if (cookie !== undefined && !/^[\w!#$%&'*+.^`|~-]+$/.test(cookie))
    throw invalidOption("cookie", "a cookie's name", cookie);
  checkNames("tickets", tickets, ["ttl", "maxTickets", "maxTicketsPerUser"]);
  return {
    verifier: {
      key:
        secret !== undefined
          ? checkSecret(secret, algorithms)
          : jwks !== undefined
            ? checkJwks(jwks)
            : checkPublicKey(publicKey),
      algorithms,
      issuer,
      audience,
      clockTolerance: checkNumber("clockTolerance", options.clockTolerance, 0, { unit: "ms" }),
    },
    userClaim: userClaim ?? "sub",
    cookie,
    tickets: {
      ttl: checkNumber("tickets.ttl", tickets.ttl, 30_000, { min: 1, unit: "ms" }),
      maxTickets: checkNumber("tickets.maxTickets", tickets.maxTickets, 10_000, { min: 1, whole: true }),
      maxTicketsPerUser: checkNumber("tickets.maxTicketsPerUser", tickets.maxTicketsPerUser, 100, {
        min: 1,
        whole: true,
      }),
    },
  };
}

/**
 * Validates the algorithms, which must all be of one kind. If both kinds were accepted, an attacker could sign a token
 * with the public key, used as the secret of an HMAC (RFC 8725, section 2.1).
 */
function checkAlgorithms(algorithms: unknown, isSecret: boolean): readonly string[] {
  const known = isSecret ? SECRET_ALGORITHMS : PUBLIC_KEY_ALGORITHMS;
  if (algorithms === undefined) return isSecret ? ["HS256"] : PUBLIC_KEY_ALGORITHMS;
  const expected = `a non-empty list of algorithms for a ${isSecret ? "secret" : "public key"} (${known.join(", ")})`;
  if (!Array.isArray(algorithms) || algorithms.length === 0) throw invalidOption("algorithms", expected, algorithms);
  for (const name of algorithms) if (!known.includes(name)) throw invalidOption("algorithms", expected, name);
  return [...algorithms];
}

function checkSecret(secret: unknown, algorithms: readonly string[]): Uint8Array {
  const bytes = typeof secret === "string" ? new TextEncoder().encode(secret) : secret;
  if (!(bytes instanceof Uint8Array)) throw invalidOption("secret", "a string or a Uint8Array", secret);
  if (looksPublic(bytes)) {
    throw new SluiceError(
      "INVALID_OPTION",
      "`secret` looks like a key, a certificate or a URL, and not like a random secret: others may have it, and " +
        "could sign tokens. Pass a public key as `publicKey: createPublicKey(pem)`, a key set or its URL as `jwks`.",
    );
  }
  const least = Math.max(...algorithms.map((name) => SECRET_BYTES[name] ?? 0));
  if (bytes.length < least) {
    const message = `\`secret\` must be at least ${least} bytes for ${algorithms.join(", ")}, but is ${bytes.length}.`;
    throw new SluiceError("INVALID_OPTION", message);
  }
  return bytes;
}

function checkPublicKey(key: unknown): JWK | KeyObject {
  const { type, kty, d } = (typeof key === "object" && key !== null ? key : {}) as Record<string, unknown>;
  if (type === "public" || (typeof kty === "string" && kty !== "oct" && d === undefined)) return key as JWK;
  const what =
    type === undefined && kty === undefined ? `a value of type ${typeof key}` : `a ${type ?? "secret or private"} key`;
  const message = `\`publicKey\` must be a public JWK, CryptoKey or createPublicKey(pem), but is ${what}.`;
  throw new SluiceError("INVALID_OPTION", message);
}

function checkJwks(jwks: unknown): URL | JSONWebKeySet | JWTVerifyGetKey {
  if (typeof jwks === "function") return jwks as JWTVerifyGetKey;
  const address = typeof jwks === "string" ? jwks : (jwks as URL | null)?.href;
  if (typeof address === "string") {
    const url = URL.canParse(address) ? new URL(address) : undefined;
    if (url?.protocol === "https:" || url?.protocol === "http:") return url;
    throw invalidOption("jwks", "an http or https URL", address);
  }
  const keys = (jwks as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys)) throw invalidOption("jwks", "a URL, a key set or a key function of jose", jwks);
  for (const key of keys) checkPublicKey(key);
  return jwks as JSONWebKeySet;
}

function checkTextOrTexts(name: string, value: unknown): void {
  if (Array.isArray(value) && value.length === 0) throw invalidOption(name, "a string or a list of strings", value);
  for (const text of Array.isArray(value) ? value : [value]) checkText(name, text);
}
