import type { Auth, Identity } from "sluice/auth";
import type { WorkerLink } from "../workers/worker-link.ts";

type AuthRequest = Parameters<Auth["authenticate"]>[0];

/**
 * Makes tickets work on every worker. Only the issuing worker knows a ticket and redeems it. A worker that receives an
 * unknown ticket asks the others.
 */
export function shareTickets(auth: Auth, link: WorkerLink): Auth {
  link.answer("ticket", (ticket) => {
    const request = { url: `/?ticket=${encodeURIComponent(String(ticket))}`, headers: {} };
    return auth.authenticate(request).catch(() => null);
  });
  return {
    issueTicket: (identity) => auth.issueTicket(identity),
    async authenticate(request) {
      try {
        return await auth.authenticate(request);
      } catch (error) {
        const ticket = ticketOf(request);
        if (ticket === null) throw error;
        const [identity] = await link.ask<Identity>("ticket", ticket);
        if (identity === undefined) throw error;
        return identity;
      }
    },
  };
}

/** Returns the ticket of a request, or null if it has none or has a bearer token, which takes precedence. */
function ticketOf({ headers, url = "" }: AuthRequest): string | null {
  const { authorization } = headers as Readonly<Record<string, unknown>>;
  if (/^bearer\b/i.test(String(authorization))) return null;
  const query = url.indexOf("?");
  return query < 0 ? null : new URLSearchParams(url.slice(query)).get("ticket");
}
