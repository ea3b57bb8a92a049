import type { CryptoKey, JSONWebKeySet, JWK, JWTVerifyGetKey, KeyObject } from "jose";
import { checkNames, checkNumber, checkText, invalidOption } from "../base/check-option.ts";
import { SluiceError } from "../base/sluice-error.ts";
import type { VerifierSettings } from "./token-verifier.ts";

/** How tickets are kept. */
export interface TicketOptions {
  /** How long a ticket may be used after it was issued, in ms; default 30 000. */
  readonly ttl?: number;
  /** Tickets kept at most; default 10 000. One more, and the oldest is void. */
  readonly maxTickets?: number;
}

/** What tokens are accepted, and where they are looked for. Exactly one of `secret`, `publicKey` and `jwks` is needed. */
export interface AuthOptions {
  /** The secret that signs and verifies tokens (HS256 …), at least 32 bytes; a string stands for its UTF-8 bytes. */
  readonly secret?: string | Uint8Array;
  /** The public key of whoever signs the tokens: a JWK, a `CryptoKey`, or Node's `createPublicKey(pem)`. */
  readonly publicKey?: JWK | CryptoKey | KeyObject;
  /** The public keys of whoever signs the tokens: the address of the set, the set itself, or a function of jose's. */
  readonly jwks?: string | URL | JSONWebKeySet | JWTVerifyGetKey;
  /**
   * The signature algorithms that are accepted (RFC 7518, section 3.1). Default with a `secret`: `HS256`; else all that sign
   * with a private key. Algorithms of the two kinds cannot be mixed, and `none` is never accepted.
   */
  readonly algorithms?: readonly string[];
  /** Who must have issued the token (`iss`); default: anyone who has the key. */
  readonly issuer?: string | readonly string[];
  /** Whom the token must be meant for (`aud`); default: anyone. */
  readonly audience?: string | readonly string[];
  /** How far the issuer's clock may be from ours, in ms; default 0. */
  readonly clockTolerance?: number;
  /** The claim that names the user; default `sub`. A token without it is not valid. */
  readonly userClaim?: string;
  /** The name of a cookie that carries the token; default: cookies are not read. */
  readonly cookie?: string;
  readonly tickets?: TicketOptions;
}

const SECRET_ALGORITHMS = ["HS256", "HS384", "HS512"];
const PUBLIC_KEY_ALGORITHMS =
  "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519 ML-DSA-44 ML-DSA-65 ML-DSA-87".split(" ");
/** [spec] A key of the same size as the hash output or larger MUST be used (RFC 7518, section 3.2). */
const SECRET_BYTES: Readonly<Record<string, number>> = { HS256: 32, HS384: 48, HS512: 64 };

/** The options, validated and with the defaults filled in. */
export interface AuthSettings {
  readonly verifier: VerifierSettings;
  readonly userClaim: string;
  readonly cookie: string | undefined;
  readonly ttl: number;
  readonly maxTickets: number;
}

const NAMES = "secret publicKey jwks algorithms issuer audience clockTolerance userClaim cookie tickets".split(" ");

/** @throws {SluiceError} `INVALID_OPTION`; its message never shows a key */
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
  checkNames("tickets", tickets, ["ttl", "maxTickets"]);
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
    ttl: checkNumber("tickets.ttl", tickets.ttl, 30_000, { min: 1, unit: "ms" }),
    maxTickets: checkNumber("tickets.maxTickets", tickets.maxTickets, 10_000, { min: 1, whole: true }),
  };
}

/**
 * Keeps to the algorithms of one kind. Were both kinds accepted, a forger could sign with the public key, which is no
 * secret, as if it were the secret of an HMAC (RFC 8725, section 2.1).
 */
function checkAlgorithms(algorithms: unknown, isSecret: boolean): readonly string[] {
  const known = isSecret ? SECRET_ALGORITHMS : PUBLIC_KEY_ALGORITHMS;
  if (algorithms === undefined) return isSecret ? ["HS256"] : PUBLIC_KEY_ALGORITHMS;
  const expected = `a list of some of ${known.join(", ")}, since there is a ${isSecret ? "secret" : "public key"}`;
  if (!Array.isArray(algorithms) || algorithms.length === 0) throw invalidOption("algorithms", expected, algorithms);
  for (const name of algorithms) if (!known.includes(name)) throw invalidOption("algorithms", expected, name);
  return [...algorithms];
}

function checkSecret(secret: unknown, algorithms: readonly string[]): Uint8Array {
  const bytes = typeof secret === "string" ? new TextEncoder().encode(secret) : secret;
  if (!(bytes instanceof Uint8Array)) throw invalidOption("secret", "a string or a Uint8Array", secret);
  if (new TextDecoder().decode(bytes.subarray(0, 10)) === "-----BEGIN") {
    throw new SluiceError(
      "INVALID_OPTION",
      "`secret` looks like a key in PEM: give it as `publicKey: createPublicKey(pem)`.",
    );
  }
  const least = Math.max(...algorithms.map((name) => SECRET_BYTES[name] ?? 0));
  if (bytes.length < least) {
    const message = `\`secret\` must be at least ${least} bytes for ${algorithms.join(", ")}, but is ${bytes.length}.`;
    throw new SluiceError("INVALID_OPTION", message);
  }
  return bytes;
}

function checkPublicKey(key: unknown): JWK | CryptoKey | KeyObject {
  const { type, kty, d } = (typeof key === "object" && key !== null ? key : {}) as Record<string, unknown>;
  if (type === "public" || (typeof kty === "string" && kty !== "oct" && d === undefined)) return key as JWK;
  const what =
    type === undefined && kty === undefined ? `a value of type ${typeof key}` : `a ${type ?? "secret or private"} key`;
  const message = `\`publicKey\` must be a public JWK, CryptoKey or createPublicKey(pem), but is ${what}.`;
  throw new SluiceError("INVALID_OPTION", message);
}

function checkJwks(jwks: unknown): URL | JSONWebKeySet | JWTVerifyGetKey {
  if (typeof jwks === "function") return jwks as JWTVerifyGetKey;
  if (typeof jwks === "string" || jwks instanceof URL) {
    const url = URL.canParse(jwks) ? new URL(jwks) : undefined;
    if (url?.protocol === "https:" || url?.protocol === "http:") return url;
    throw invalidOption("jwks", "an http or https URL", String(jwks));
  }
  const keys = (jwks as { keys?: unknown } | null)?.keys;
  if (!Array.isArray(keys)) throw invalidOption("jwks", "a URL, a key set or a function of jose's", jwks);
  for (const key of keys) checkPublicKey(key);
  return jwks as JSONWebKeySet;
}

function checkTextOrTexts(name: string, value: unknown): void {
  if (Array.isArray(value) && value.length === 0) throw invalidOption(name, "a string or a list of some", value);
  for (const text of Array.isArray(value) ? value : [value]) checkText(name, text);
}
