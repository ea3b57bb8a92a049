import type { JWTPayload } from "jose";

/** The sender of a request. */
export interface Identity {
  /** The user: the token's claim `sub`, or the claim that the option `userClaim` names. */
  readonly user: string;
  /** All claims of the token (RFC 7519, section 4). */
  readonly claims: JWTPayload;
  /** When the credential expires, in ms since 1970. Pass it to the option `expiresAt` of a stream. */
  readonly expiresAt: number;
}
