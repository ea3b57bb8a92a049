import type { JWTPayload } from "jose";

/** Who sent a request. */
export interface Identity {
  /** The user: the token's claim `sub`, or what the option `userClaim` names. */
  readonly user: string;
  /** All claims of the token (RFC 7519, section 4). */
  readonly claims: JWTPayload;
  /** When the credential ends, in ms since 1970: for the option `expiresAt` of a stream. */
  readonly expiresAt: number;
}
