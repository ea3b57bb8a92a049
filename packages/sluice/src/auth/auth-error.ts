import { brand } from "../base/copies/brand.ts";
import { SluiceError } from "../base/errors/sluice-error.ts";

/**
 * Thrown if a request has no credential or an invalid one. The answer is 401 (RFC 9110, section 15.5.2).
 *
 * Express, Fastify, Koa, NestJS and Sluice read `status`, `statusCode` and `headers` of an error to answer it.
 * `message` never shows why the credential is invalid. `cause` does; write it to your log.
 */
export class AuthError extends SluiceError {
  override readonly name = "AuthError";
  readonly status = 401;
  readonly statusCode = 401;
  /** Value of the header `WWW-Authenticate` (RFC 6750, section 3). */
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

// `instanceof AuthError` also recognises the errors of other copies of the package.
brand(AuthError, "sluice.AuthError");
