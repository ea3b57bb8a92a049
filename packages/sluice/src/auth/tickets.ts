import { AuthError } from "./auth-error.ts";
import type { Identity } from "./identity.ts";

/** So many random bytes that nobody finds a valid ticket by trying. */
const TICKET_BYTES = 32;

/** Tickets that were issued and not yet used, in this process's memory, oldest first. */
export class Tickets {
  readonly #ttl: number;
  readonly #maxTickets: number;
  readonly #issued: Map<string, { readonly identity: Identity; readonly validUntil: number }> = new Map();

  constructor(ttl: number, maxTickets: number) {
    this.#ttl = ttl;
    this.#maxTickets = maxTickets;
  }

  /** Tickets that are kept now. */
  get size(): number {
    return this.#issued.size;
  }

  issue(identity: Identity): string {
    const now = Date.now();
    // All tickets live equally long, so the void ones are in front. No timer: without tickets issued there is nothing to tidy.
    for (const [ticket, { validUntil }] of this.#issued) {
      if (validUntil > now && this.#issued.size < this.#maxTickets) break;
      this.#issued.delete(ticket);
    }
    const bytes = crypto.getRandomValues(new Uint8Array(TICKET_BYTES));
    const ticket = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.#issued.set(ticket, { identity, validUntil: now + this.#ttl });
    return ticket;
  }

  /** @throws {AuthError} when the ticket was used, is too old, or was never issued: which of them, nobody is told */
  redeem(ticket: string): Identity {
    const found = this.#issued.get(ticket);
    this.#issued.delete(ticket);
    const now = Date.now();
    if (found === undefined || found.validUntil <= now || found.identity.expiresAt <= now)
      throw new AuthError("invalid");
    return found.identity;
  }
}
