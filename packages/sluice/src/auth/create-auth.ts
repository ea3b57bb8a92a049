import { AuthError } from "./auth-error.ts";
import { type AuthOptions, checkAuthOptions } from "./auth-options.ts";
import { type AuthRequest, findCredential } from "./credential.ts";
import type { Identity } from "./identity.ts";
import { Tickets } from "./tickets.ts";
import { createTokenVerifier } from "./token-verifier.ts";

/** Authenticates requests. */
export interface Auth {
  /**
   * Finds and verifies the credential of a request: the token in `Authorization: Bearer …`, else the ticket in
   * `?ticket=…`, else the token in the cookie. A ticket is valid once: this call consumes it.
   *
   * @throws {AuthError} if the request has no credential or an invalid one. Answer it with 401 and its `headers`.
   */
  authenticate(request: AuthRequest): Promise<Identity>;
  /**
   * Issues a ticket. It stands for this identity once, within its `ttl`, in this process. It is for the browser's
   * `EventSource`, which cannot send a header: the page fetches a ticket with its token, and opens `…?ticket=…`.
   * `EventSource` reconnects with the same URL, which is then answered with 401. So when its `EventSource` is closed,
   * the page fetches a new ticket.
   */
  issueTicket(identity: Identity): string;
}

/**
 * Creates an `Auth` that verifies JSON Web Tokens (RFC 7519) with the package `jose`.
 *
 * ```ts
 * const auth = await createAuth({ jwks: "https://id.example.com/jwks.json", audience: "orders" });
 * app.get("/orders", async (req, res) => {
 *   const { user, expiresAt } = await auth.authenticate(req);
 *   await sluice.stream(req, res, orders.subscribe({ topics: [`user:${user}`] }), { expiresAt, subscriber: { user } });
 * });
 * ```
 * @throws {SluiceError} `INVALID_OPTION`; `MISSING_PACKAGE` if `jose` is not installed
 */
export async function createAuth(options: AuthOptions): Promise<Auth> {
  const { verifier, userClaim, cookie, tickets: limits } = checkAuthOptions(options);
  const tickets = new Tickets(limits);
  const verify = await createTokenVerifier(verifier);

  return {
    async authenticate(request) {
      const credential = findCredential(request, cookie);
      if ("ticket" in credential) return tickets.redeem(credential.ticket);
      const claims = await verify(credential.token);
      const user = claims[userClaim];
      if (typeof user !== "string" || user === "") {
        const cause = new Error(`The token's claim "${userClaim}" is not a non-empty string.`);
        throw new AuthError("invalid", { cause });
      }
      return { user, claims, expiresAt: claims.exp * 1000 + verifier.clockTolerance };
    },
    issueTicket: (identity) => tickets.issue(identity),
  };
}
