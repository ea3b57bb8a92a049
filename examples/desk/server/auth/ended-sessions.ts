import { createHash } from "node:crypto";
import type { Channel, ReceivedEvent } from "sluice";
import type { Identity } from "sluice/auth";
import { followChannel } from "../log/follow-channel.ts";
import type { WorkerLink } from "../workers/worker-link.ts";

/** The types of the events of the channel `sessions`. */
export type SessionEvents = {
  /** A user has signed out. */
  readonly ended: EndedSession;
};

interface EndedSession {
  /** See {@link sessionOf}. */
  readonly session: string;
  /** When its token was issued, in s since 1970. */
  readonly issuedAt: number;
}

/** Options of {@link EndedSessions}. */
export interface EndedSessionsOptions {
  /** The link to the other workers. They need not wait for the log to learn that a session has ended. */
  readonly link: WorkerLink | undefined;
  /** Called when a session has ended, on whichever process the user signed out. */
  readonly onEnd: (session: string) => void;
}

/** Maximum number of ended sessions, in memory and in the log. */
export const MAX_ENDED = 10_000;

/**
 * The sessions that have ended because their user signed out. A token is valid by its signature alone, so each process
 * must know the tokens that are not valid any more. The channel `sessions` carries them to all processes on the log,
 * and keeps them for a process that starts later.
 */
export class EndedSessions {
  readonly #channel: Channel<SessionEvents>;
  readonly #options: EndedSessionsOptions;
  /** When the token of each session was issued, in s since 1970. */
  readonly #ended = new Map<string, number>();
  /** In s since 1970. Tokens issued then or earlier are not valid: this process does not know which have ended. */
  #forgottenUntil = Number.NEGATIVE_INFINITY;

  constructor(channel: Channel<SessionEvents>, options: EndedSessionsOptions) {
    this.#channel = channel;
    this.#options = options;
    options.link?.answer("end-session", (ended) => {
      this.#add(ended as EndedSession);
      return true;
    });
  }

  /** Reads the sessions that ended before this process started. */
  async load(): Promise<void> {
    const { events } = await this.#channel.history({ limit: MAX_ENDED });
    for (const { data } of events) this.#add(data);
  }

  /** Follows the channel until the signal aborts. */
  follow(signal: AbortSignal, onError: (error: unknown) => void): void {
    void followChannel(this.#channel, { from: "start", onEvent: (event) => this.#receive(event), signal, onError });
  }

  /** Ends the session of a user. Resolves when the other workers and the log know it. */
  async end(identity: Identity): Promise<void> {
    const ended: EndedSession = { session: sessionOf(identity), issuedAt: identity.claims.iat ?? 0 };
    this.#add(ended);
    await Promise.all([this.#options.link?.ask("end-session", ended), this.#channel.publish("ended", ended)]);
  }

  /** Returns true if the session of a user has ended. */
  has(identity: Identity): boolean {
    return this.#ended.has(sessionOf(identity)) || (identity.claims.iat ?? 0) <= this.#forgottenUntil;
  }

  #receive({ type, data }: ReceivedEvent<SessionEvents>): void {
    if (type === "ended") this.#add(data);
    // The log trimmed ended sessions that this process never received.
    else if (data.reason === "trimmed") this.#forgetUntil(Math.floor(Date.now() / 1_000));
  }

  /** If so many users sign out, others must sign in again. No token becomes valid again. */
  #forgetUntil(issuedAt: number): void {
    this.#forgottenUntil = Math.max(this.#forgottenUntil, issuedAt);
  }

  #add({ session, issuedAt }: EndedSession): void {
    if (this.#ended.has(session)) return;
    this.#ended.set(session, issuedAt);
    for (const [oldest, oldestIssuedAt] of this.#ended) {
      if (this.#ended.size <= MAX_ENDED) break;
      this.#ended.delete(oldest);
      this.#forgetUntil(oldestIssuedAt);
    }
    this.#options.onEnd(session);
  }
}

/** Returns the ID of the session that a token stands for: a digest, which reveals nothing about the token. */
export function sessionOf({ claims }: Identity): string {
  return createHash("sha256").update(JSON.stringify(claims)).digest("base64url");
}
