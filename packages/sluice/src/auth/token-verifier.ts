import type { JSONWebKeySet, JWK, JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from "jose";
import { loadPackage } from "../base/loading/load-package.ts";
import { AuthError } from "./auth-error.ts";

type Jose = typeof import("jose");

/** A `CryptoKey` of Web Crypto, or a `KeyObject` of Node. jose exports these types only since its version 6. */
export interface KeyObject {
  readonly type: string;
}

/** A key that verifies signatures: a secret, or a public key. */
type VerificationKey = Uint8Array | JWK | KeyObject;

/** Rules by which a token is verified; validated, with the defaults filled in. */
export interface VerifierSettings {
  readonly key: VerificationKey | JSONWebKeySet | URL | JWTVerifyGetKey;
  readonly algorithms: readonly string[];
  readonly issuer: string | readonly string[] | undefined;
  readonly audience: string | readonly string[] | undefined;
  /** In ms. */
  readonly clockTolerance: number;
}

/** Verifies a token's signature and claims, and returns the claims. */
export type TokenVerifier = (token: string) => Promise<JWTPayload & { readonly exp: number }>;

const KEYS_MAX_AGE_MS = 600_000;

/** Codes of failures of a key source whose cause is the token: it names a key that the source does not have. */
const CAUSED_BY_TOKEN = ["ERR_JWKS_NO_MATCHING_KEY", "ERR_JWKS_MULTIPLE_MATCHING_KEYS", "ERR_JOSE_NOT_SUPPORTED"];

/**
 * Makes a verifier with the package `jose`. The package is loaded here, so programs without authentication do not need
 * it.
 *
 * @throws {SluiceError} `MISSING_PACKAGE` if it is not installed, or too old
 */
export async function createTokenVerifier(settings: VerifierSettings): Promise<TokenVerifier> {
  const jose = await loadPackage({
    name: "jose",
    user: "sluice/auth",
    since: "5.9",
    load: () => import("jose"),
    isUsable: takesJwks,
  });
  const { algorithms, issuer, audience, clockTolerance } = settings;
  const options: JWTVerifyOptions = {
    // A token must not choose how it is verified (RFC 8725, section 3.1): accept only these algorithms.
    algorithms: [...algorithms],
    clockTolerance: clockTolerance / 1000,
    // A stream ends when its credential expires, so a credential must expire.
    requiredClaims: ["exp"],
    ...(issuer !== undefined && { issuer: typeof issuer === "string" ? issuer : [...issuer] }),
    ...(audience !== undefined && { audience: typeof audience === "string" ? audience : [...audience] }),
  };
  const key = keySource(jose, settings.key);
  return async (token) => {
    let keysFailed = false;
    const getKey: JWTVerifyGetKey = async (header, jws) => {
      if (typeof key !== "function") return key as Awaited<ReturnType<JWTVerifyGetKey>>;
      try {
        return await key(header, jws);
      } catch (error) {
        keysFailed = !CAUSED_BY_TOKEN.includes((error as { code?: string }).code ?? "");
        throw error;
      }
    };
    try {
      const { payload } = await jose.jwtVerify(token, getKey, options);
      return payload as JWTPayload & { exp: number };
    } catch (cause) {
      // If the keys cannot be fetched, the server has failed: the user need not sign in again.
      if (keysFailed) throw cause;
      throw new AuthError("invalid", { cause });
    }
  };
}

/** A JWT without claims, and the JWK of its secret (HS256). */
const SIGNED = {
  token: "eyJhbGciOiJIUzI1NiJ9.e30.b4lamhSeYDrdaNpCnKyr6xbU8uLMadnxRyOnLVA9E2k",
  key: { kty: "oct", k: "c2x1aWNlc2x1aWNlc2x1aWNlc2x1aWNlc2x1aWNlc2w" },
};

/** Resolves to true if this version takes a JWK as a key. Before 5.9, it refuses every token with such a key. */
function takesJwks({ jwtVerify }: Jose): Promise<boolean> {
  return jwtVerify(SIGNED.token, SIGNED.key).then(
    () => true,
    () => false,
  );
}

function keySource(jose: Jose, key: VerifierSettings["key"]): VerificationKey | JWTVerifyGetKey {
  if (key instanceof URL) return remoteKeys(jose, key);
  return isKeySet(key) ? jose.createLocalJWKSet(key) : key;
}

/**
 * Returns the keys at a URL. `jose` fetches them again after 10 min on the wall clock. If the wall clock was set back,
 * a withdrawn key would stay valid. So the keys are also fetched again after 10 min on the monotonic clock.
 */
function remoteKeys(jose: Jose, url: URL): JWTVerifyGetKey {
  let keys: JWTVerifyGetKey | undefined;
  let fetchedAt = 0;
  return (header, jws) => {
    const now = performance.now();
    if (keys === undefined || now - fetchedAt >= KEYS_MAX_AGE_MS) {
      keys = jose.createRemoteJWKSet(url, { cacheMaxAge: KEYS_MAX_AGE_MS });
      fetchedAt = now;
    }
    return keys(header, jws);
  };
}

/** A `Uint8Array` also has a property `keys`, which is a method. */
function isKeySet(key: VerificationKey | JSONWebKeySet | JWTVerifyGetKey): key is JSONWebKeySet {
  return "keys" in key && Array.isArray(key.keys);
}
