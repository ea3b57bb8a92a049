import { SluiceError } from "../base/sluice-error.ts";

/**
 * The request has no credential, or one that is not valid. Its answer is `401` (RFC 9110, section 15.5.2).
 *
 * `status`, `statusCode` and `headers` have the names that Express, Fastify, Koa, NestJS and Sluice itself look for on an error.
 * The message never says what was wrong with the credential; `cause` does, for the log.
 */
export class AuthError extends SluiceError {
  override readonly name = "AuthError";
  readonly status = 401;
  readonly statusCode = 401;
  /** The value of `WWW-Authenticate` (RFC 6750, section 3). */
  readonly challenge: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(kind: "missing" | "invalid", options?: ErrorOptions) {
    const message = kind === "missing" ? "Authentication is required." : "The credential is not valid.";
    super("UNAUTHENTICATED", message, options);
    // [spec] If the request lacks any authentication information, the resource server SHOULD NOT include an error code.
    this.challenge = kind === "missing" ? 'Bearer realm="sluice"' : 'Bearer realm="sluice", error="invalid_token"';
    this.headers = { "www-authenticate": this.challenge };
  }
}
