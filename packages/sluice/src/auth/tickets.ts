import { type Expiry, expiryAt, timeLeft } from "../base/time/expiry.ts";
import { AuthError } from "./auth-error.ts";
import type { Identity } from "./identity.ts";

/** 256 random bits: too many to find a valid ticket by guessing. */
const TICKET_BYTES = 32;

/** Two readings of both clocks may differ by this much although no clock was set, in ms. */
const CLOCK_NOISE_MS = 5;

/** Limits of {@link Tickets}. */
export interface TicketLimits {
  /** In ms. */
  readonly ttl: number;
  readonly maxTickets: number;
  readonly maxTicketsPerUser: number;
}

interface IssuedTicket {
  readonly user: string;
  readonly identity: Identity;
  readonly expiry: Expiry;
  /** When the identity expires. */
  readonly identityExpiry: Expiry;
}

/** Unused tickets, in the memory of this process. */
export class Tickets {
  readonly #limits: TicketLimits;
  /** Oldest first. */
  readonly #issued = new Map<string, IssuedTicket>();
  /** Tickets of each user, oldest first. */
  readonly #perUser = new Map<string, Set<string>>();

  constructor(limits: TicketLimits) {
    this.#limits = limits;
  }

  /** Number of tickets in memory. */
  get size(): number {
    return this.#issued.size;
  }

  /** Issues a ticket for an identity. */
  issue(identity: Identity): string {
    const { user } = identity;
    this.#removeExpired();
    this.#makeRoom(user);
    const bytes = crypto.getRandomValues(new Uint8Array(TICKET_BYTES));
    const ticket = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    this.#issued.set(ticket, {
      user,
      identity,
      expiry: expiryAt(Date.now() + this.#limits.ttl),
      identityExpiry: expiryAt(identity.expiresAt),
    });
    const own = this.#perUser.get(user);
    if (own === undefined) this.#perUser.set(user, new Set([ticket]));
    else own.add(ticket);
    return ticket;
  }

  /**
   * Consumes a ticket, and returns its identity. Throws the same `AuthError` for a ticket that is used, expired or
   * unknown, so that the answer reveals nothing about it.
   */
  redeem(ticket: string): Identity {
    const found = this.#issued.get(ticket);
    this.#remove(ticket);
    if (found === undefined || timeLeft(found.expiry) <= 0) throw new AuthError("invalid");
    const { identity, identityExpiry } = found;
    const left = timeLeft(identityExpiry);
    if (left <= 0) throw new AuthError("invalid");
    // If the wall clock was set back since, the identity must not live longer.
    const expiresAt = Math.floor(Date.now() + left);
    return expiresAt < identity.expiresAt - CLOCK_NOISE_MS ? { ...identity, expiresAt } : identity;
  }

  /** All tickets have the same lifetime, so the expired tickets come first. They need no timer: a limit bounds them. */
  #removeExpired(): void {
    for (const [ticket, { expiry }] of this.#issued) {
      if (timeLeft(expiry) > 0) return;
      this.#remove(ticket);
    }
  }

  /** Removes tickets until the user may have one more: the user's own, or else those of the user who has most. */
  #makeRoom(user: string): void {
    const { maxTickets, maxTicketsPerUser } = this.#limits;
    while ((this.#perUser.get(user)?.size ?? 0) >= maxTicketsPerUser) this.#removeOldest(this.#perUser.get(user));
    while (this.#issued.size >= maxTickets) this.#removeOldest(this.#largestHolding());
  }

  /** Returns the tickets of the user who has most. Visits all users, but only while `maxTickets` are valid. */
  #largestHolding(): Set<string> | undefined {
    let largest: Set<string> | undefined;
    for (const own of this.#perUser.values()) if (own.size > (largest?.size ?? 0)) largest = own;
    return largest;
  }

  #removeOldest(tickets: Set<string> | undefined): void {
    for (const oldest of tickets ?? []) return this.#remove(oldest);
  }

  #remove(ticket: string): void {
    const found = this.#issued.get(ticket);
    if (found === undefined) return;
    this.#issued.delete(ticket);
    const own = this.#perUser.get(found.user);
    own?.delete(ticket);
    if (own?.size === 0) this.#perUser.delete(found.user);
  }
}
