import { AuthError } from "./auth-error.ts";
import { type AuthOptions, checkAuthOptions } from "./auth-options.ts";
import { type AuthRequest, findCredential } from "./credential.ts";
import type { Identity } from "./identity.ts";
import { Tickets } from "./tickets.ts";
import { createTokenVerifier } from "./token-verifier.ts";

/** Says who sent a request. */
export interface Auth {
  /**
   * Finds and verifies the credential of a request: `Authorization: Bearer …`, else `?ticket=…`, else the cookie. A ticket is
   * used up by it.
   * @throws {AuthError} when there is none or it is not valid: answer it with 401 and its `headers`
   */
  authenticate(request: AuthRequest): Promise<Identity>;
  /**
   * Makes a ticket: it stands for this identity once, within its `ttl`, in this process. For the browser's `EventSource`, which
   * cannot send a header: the page fetches a ticket with its token, and opens `…?ticket=…`. Since `EventSource` reconnects
   * with the same URL, which is a 401 then, the page fetches a new ticket when its `EventSource` is closed.
   */
  issueTicket(identity: Identity): string;
}

/**
 * Makes an `Auth` that verifies JSON Web Tokens (RFC 7519) with the package `jose`.
 *
 * ```ts
 * const auth = await createAuth({ jwks: "https://id.example.com/jwks.json", audience: "orders" });
 * app.get("/orders", async (req, res) => {
 *   const { user, expiresAt } = await auth.authenticate(req);
 *   await sluice.stream(req, res, orders.subscribe({ topics: [`user:${user}`] }), { expiresAt, subscriber: { user } });
 * });
 * ```
 * @throws {SluiceError} `INVALID_OPTION`; `MISSING_PACKAGE` when `jose` is not installed
 */
export async function createAuth(options: AuthOptions): Promise<Auth> {
  const { verifier, userClaim, cookie, ttl, maxTickets } = checkAuthOptions(options);
  const tickets = new Tickets(ttl, maxTickets);
  const verify = await createTokenVerifier(verifier);

  return {
    async authenticate(request) {
      const credential = findCredential(request, cookie);
      if ("ticket" in credential) return tickets.redeem(credential.ticket);
      const claims = await verify(credential.token);
      const user = claims[userClaim];
      if (typeof user !== "string" || user === "") {
        throw new AuthError("invalid", { cause: new Error(`The token has no claim ${userClaim} that is a string.`) });
      }
      return { user, claims, expiresAt: claims.exp * 1000 + verifier.clockTolerance };
    },
    issueTicket: (identity) => tickets.issue(identity),
  };
}
