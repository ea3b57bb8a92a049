import { randomBytes, randomUUID } from "node:crypto";
import { SignJWT } from "jose";
import type { SteadyClock } from "./steady-clock.ts";

/** A signed token and its expiry. */
export interface IssuedToken {
  readonly token: string;
  /** In ms since 1970. */
  readonly expiresAt: number;
}

/** Signs the desk's JSON Web Tokens (RFC 7519). */
export class TokenIssuer {
  readonly #secret: Uint8Array;
  readonly #lifetimeMs: number;
  readonly #clock: SteadyClock;

  constructor(secret: Uint8Array, lifetimeMs: number, clock: SteadyClock) {
    this.#secret = secret;
    this.#lifetimeMs = lifetimeMs;
    this.#clock = clock;
  }

  /** Lifetime of a token, in ms. */
  get lifetimeMs(): number {
    return this.#lifetimeMs;
  }

  /** Resolves to a new token for this user. */
  async issue(userId: string): Promise<IssuedToken> {
    // [spec] NumericDate: seconds (RFC 7519 section 2). Round up, or a short-lived token could be issued as expired.
    const exp = Math.ceil((this.#clock.now() + this.#lifetimeMs) / 1_000);
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: "HS256" })
      .setSubject(userId)
      .setIssuer(ISSUER)
      // Two sessions of a user differ, even if they begin in the same second.
      .setJti(randomUUID())
      .setIssuedAt()
      .setExpirationTime(exp)
      .sign(this.#secret);
    return { token, expiresAt: this.#clock.toWallClock(exp * 1_000) };
  }
}

/** Issuer of the desk's tokens. The desk accepts tokens of this issuer only. */
export const ISSUER = "sluice-desk";

const SECRET_BYTES = 32;

/** Returns the given secret, or a new random one. With a new one, the sessions end when the server stops. */
export function secretFrom(text: string | undefined): Uint8Array {
  return text === undefined ? randomBytes(SECRET_BYTES) : new TextEncoder().encode(text);
}
