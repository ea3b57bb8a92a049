import type { Auth, Identity } from "sluice/auth";
import type { WorkerLink } from "../workers/worker-link.ts";

type AuthRequest = Parameters<Auth["authenticate"]>[0];

/** A ticket is known to the worker that issued it, and used up there: another one, which the request may reach, asks for it. */
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

/** The ticket, where it is what the request goes by: a bearer token goes before it. */
function ticketOf({ headers, url = "" }: AuthRequest): string | null {
  const { authorization } = headers as Readonly<Record<string, unknown>>;
  if (/^bearer\b/i.test(String(authorization))) return null;
  const query = url.indexOf("?");
  return query < 0 ? null : new URLSearchParams(url.slice(query)).get("ticket");
}
