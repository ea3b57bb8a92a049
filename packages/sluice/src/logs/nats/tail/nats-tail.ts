import { ConsumerFollower } from "./consumer-follower.ts";
import { LiveFeed, type OwnSubjects } from "./live-feed.ts";
import { LiveFollower } from "./live-follower.ts";
import type { NatsTailOptions } from "./tail-options.ts";
import { TailReceiver } from "./tail-receiver.ts";

/** The stream, as a check found it. */
export interface CheckedStream {
  /** Number of its last message. */
  readonly last: number;
  /** True if the server republishes its messages. */
  readonly isRepublished: boolean;
  readonly subjects: OwnSubjects;
}

/**
 * Follows a stream. The server republishes each message to a subscription. If it does not, or if the user may not
 * subscribe, a consumer follows. Messages that were missed arrive only after {@link follow}: its owner must first check
 * that the stream is still the same. Reasons: docs/decisions/069-nats-republishes-live-events.md.
 */
export class NatsTail {
  readonly #options: NatsTailOptions;
  readonly #receiver: TailReceiver;
  readonly #feed: LiveFeed;
  readonly #live: LiveFollower;
  #follower: LiveFollower | ConsumerFollower;

  constructor(options: NatsTailOptions) {
    const { link, stream, live: subject, onLife, onDenied } = options;
    this.#options = options;
    this.#receiver = new TailReceiver(options);
    this.#feed = new LiveFeed({
      link,
      stream,
      subject,
      onMessage: (sequence, message) => this.#live.take(sequence, message),
      onReturn: () => this.#live.interrupt(),
      onLife,
      onDenied: (error) => {
        onDenied(error);
        this.#live.interrupt();
      },
    });
    this.#live = new LiveFollower(this.#receiver, this.#feed);
    this.#follower = this.#live;
  }

  /** Follows the stream after a check, unless it already does. */
  follow({ last, isRepublished, subjects }: CheckedStream): void {
    this.#feed.enter(subjects);
    const isLive = isRepublished && !this.#feed.isDenied;
    if (isLive !== (this.#follower === this.#live)) {
      this.#follower.stop();
      this.#follower = isLive ? this.#live : new ConsumerFollower(this.#receiver);
    }
    this.#follower.follow(last);
  }

  /** Returns true if the tail has missed nothing since the last check. Call it only in a check. */
  look(): boolean {
    return this.#follower.look();
  }

  /** Requests messages that a check found, if they did not arrive meanwhile. */
  late(): void {
    this.#follower.late();
  }

  /** Follows nothing until {@link follow} is called. */
  stop(): void {
    this.#follower.stop();
  }

  /** The connection broke or came back. */
  reconnect(): void {
    this.stop();
    if (this.#options.link.identity === undefined) this.#feed.last = 0;
    else this.#feed.retry();
  }

  close(): void {
    this.stop();
    this.#feed.stop();
  }
}
