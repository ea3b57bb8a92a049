import type { NatsLink, NatsMessage } from "../connection/nats-link.ts";

/** The subjects of the stream that a tail follows. */
export interface OwnSubjects {
  /** Wildcard for all subjects. */
  readonly all: string;
  /** Returns true if a message with this subject is of the stream. */
  include(subject: string): boolean;
}

/** Options of {@link LiveFeed}. */
export interface LiveFeedOptions {
  readonly link: NatsLink;
  readonly stream: string;
  /** The subjects to which the server republishes the stream's messages and the channel's life. */
  readonly subject: string;
  /** Receives each message that the stream stored, with its number. */
  readonly onMessage: (sequence: number, message: NatsMessage) => void;
  /**
   * Called if a number does not follow the ones before it, or if the subject is of another stream: the stream was
   * replaced, or its leader changed. The message is dropped.
   */
  readonly onReturn: () => void;
  /** Receives the channel's life when a process has written it. */
  readonly onLife: (message: NatsMessage) => void;
  /** Called with the error if the server denies this user the subject. */
  readonly onDenied: (error: Error) => void;
}

/**
 * The messages of one channel as the server republishes them (NATS ADR-28): a plain subscription, for which the server
 * keeps no state, and which may lose messages without notice.
 */
export class LiveFeed {
  /** Number of the newest message received; 0 if there is none. */
  last = 0;
  isDenied = false;
  #subjects: OwnSubjects | undefined;
  /** The newest message of another stream. */
  #other: { readonly subject: string; readonly sequence: number } | undefined;
  readonly #options: LiveFeedOptions;
  #subscription: { unsubscribe(): void };

  constructor(options: LiveFeedOptions) {
    this.#options = options;
    this.#subscription = this.#subscribe();
  }

  /** Receives the messages of a stream from now on. */
  enter(subjects: OwnSubjects): void {
    if (subjects.all === this.#subjects?.all) return;
    this.#subjects = subjects;
    // Messages of this stream may have arrived before the process knew it.
    this.last = this.#other !== undefined && subjects.include(this.#other.subject) ? this.#other.sequence : 0;
    this.#other = undefined;
  }

  /** Subscribes again if the server denied the subject before: over another connection it may not. */
  retry(): void {
    if (!this.isDenied || this.#options.link.identity === undefined) return;
    this.isDenied = false;
    this.#subscription = this.#subscribe();
  }

  stop(): void {
    if (!this.isDenied && !this.#options.link.session.connection.isClosed()) this.#subscription.unsubscribe();
  }

  #subscribe(): { unsubscribe(): void } {
    const { link, subject, onDenied } = this.#options;
    return link.session.connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) return this.#take(message);
        this.isDenied = true;
        onDenied(error);
      },
    });
  }

  #take(message: NatsMessage): void {
    const { stream, onMessage, onReturn, onLife } = this.#options;
    const { headers } = message;
    const sequence = Number(headers?.get("Nats-Sequence") || 0);
    if (sequence === 0) return;
    if (headers?.get("Nats-Stream") !== stream) return onLife(message);
    const { subject } = message;
    if (this.#subjects?.include(subject) !== true) {
      this.#other = { subject, sequence };
      return onReturn();
    }
    const isReturn = sequence <= this.last;
    this.last = sequence;
    if (isReturn) onReturn();
    else onMessage(sequence, message);
  }
}
