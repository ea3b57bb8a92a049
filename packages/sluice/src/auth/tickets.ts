import { AuthError } from "./auth-error.ts";
import type { Identity } from "./identity.ts";

/** 256 random bits: too many to find a valid ticket by guessing. */
const TICKET_BYTES = 32;

/** Unused tickets, in the memory of this process, oldest first. */
export class Tickets {
  readonly #ttl: number;
  readonly #maxTickets: number;
  readonly #issued: Map<string, { readonly identity: Identity; readonly validUntil: number }> = new Map();

  constructor(ttl: number, maxTickets: number) {
    this.#ttl = ttl;
    this.#maxTickets = maxTickets;
  }

  /** Number of tickets in memory. */
  get size(): number {
    return this.#issued.size;
  }

  /** Issues a ticket for an identity. */
  issue(identity: Identity): string {
    const now = Date.now();
    // All tickets have the same lifetime, so the expired ones come first. No timer removes them: their number is
    // limited.
    for (const [ticket, { validUntil }] of this.#issued) {
      if (validUntil > now && this.#issued.size < this.#maxTickets) break;
      this.#issued.delete(ticket);
    }
    const bytes = crypto.getRandomValues(new Uint8Array(TICKET_BYTES));
    const ticket = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.#issued.set(ticket, { identity, validUntil: now + this.#ttl });
    return ticket;
  }

  /**
   * Consumes a ticket, and returns its identity. Throws the same `AuthError` for a ticket that is used, expired or
   * unknown, so that the answer reveals nothing about it.
   */
  redeem(ticket: string): Identity {
    const found = this.#issued.get(ticket);
    this.#issued.delete(ticket);
    const now = Date.now();
    if (found === undefined || found.validUntil <= now || found.identity.expiresAt <= now)
      throw new AuthError("invalid");
    return found.identity;
  }
}
