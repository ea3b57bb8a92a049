import { type Auth, AuthError } from "sluice/auth";
import type { EndedSessions } from "./ended-sessions.ts";
import type { SteadyClock } from "./steady-clock.ts";

/**
 * Makes an `Auth` that also refuses the tokens and tickets of sessions that have ended, and of sessions that have
 * expired by the steady clock.
 */
export function guardSessions(auth: Auth, sessions: EndedSessions, clock: SteadyClock): Auth {
  return {
    issueTicket: (identity) => auth.issueTicket(identity),
    async authenticate(request) {
      const identity = await auth.authenticate(request);
      // The steady clock issued the token.
      const exp = (identity.claims.exp ?? 0) * 1_000;
      if (sessions.has(identity) || exp <= clock.now()) throw new AuthError("invalid");
      return { ...identity, expiresAt: Math.min(identity.expiresAt, clock.toWallClock(exp)) };
    },
  };
}
