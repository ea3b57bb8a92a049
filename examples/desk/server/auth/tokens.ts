import { randomBytes } from "node:crypto";
import { SignJWT } from "jose";

/** A signed token and when it ends. */
export interface IssuedToken {
  readonly token: string;
  /** In ms since 1970. */
  readonly expiresAt: number;
}

/** Signs the desk's JSON Web Tokens (RFC 7519). */
export class TokenIssuer {
  readonly #secret: Uint8Array;
  readonly #lifetimeMs: number;

  constructor(secret: Uint8Array, lifetimeMs: number) {
    this.#secret = secret;
    this.#lifetimeMs = lifetimeMs;
  }

  /** How long a token lives, in ms. */
  get lifetimeMs(): number {
    return this.#lifetimeMs;
  }

  async issue(userId: string): Promise<IssuedToken> {
    // [spec] NumericDate: seconds (RFC 7519 section 2). Rounded up, so that a short-lived token is not born expired.
    const exp = Math.ceil((Date.now() + this.#lifetimeMs) / 1_000);
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: "HS256" })
      .setSubject(userId)
      .setIssuer(ISSUER)
      .setIssuedAt()
      .setExpirationTime(exp)
      .sign(this.#secret);
    return { token, expiresAt: exp * 1_000 };
  }
}

/** Who issues the desk's tokens, and the only one whose tokens it accepts. */
export const ISSUER = "sluice-desk";

const SECRET_BYTES = 32;

/** The secret as given, or a new one for this start: sessions then end when the server does. */
export function secretFrom(text: string | undefined): Uint8Array {
  return text === undefined ? randomBytes(SECRET_BYTES) : new TextEncoder().encode(text);
}
