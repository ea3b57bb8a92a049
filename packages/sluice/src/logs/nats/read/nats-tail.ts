import { nanos } from "../channel-names.ts";
import type { NatsLink, NatsMessage } from "../connection/nats-link.ts";
import { placeOfMessage } from "./message.ts";

/** How often the server says on an idle stream that it is still there, in ms; three that are missed mean that it is not. */
const HEARTBEAT_MS = 1_000;
const SILENCE_MS = 3 * HEARTBEAT_MS;
/** After so long without its reader the server forgets a consumer, in ms. */
const INACTIVE_MS = 10_000;
const NATS_CONTROL = 100;

/**
 * Follows a stream by an ordered consumer (NATS ADR-17): one that nobody acknowledges, whose messages are numbered, and which is made anew
 * from where it was when one is missing or when it falls silent. It begins anew only when told to, by {@link follow}: whether the stream
 * is still the same is for its owner to find out first.
 */
export class NatsTail {
  readonly #link: NatsLink;
  readonly #stream: string;
  readonly #inbox: () => string;
  readonly #taken: (sequence: number, message: NatsMessage) => void;
  #following: Following | undefined;

  constructor(
    link: NatsLink,
    stream: string,
    inbox: () => string,
    taken: (sequence: number, message: NatsMessage) => void,
  ) {
    this.#link = link;
    this.#stream = stream;
    this.#inbox = inbox;
    this.#taken = taken;
  }

  /** Follows from the message `next` on, unless it follows already and hears from the server. */
  follow(next: number): void {
    if (this.#following !== undefined && performance.now() - this.#following.heard < SILENCE_MS) return;
    this.stop();
    this.#following = new Following(this.#link, this.#stream, this.#inbox(), next, this.#taken);
  }

  stop(): void {
    this.#following?.stop();
    this.#following = undefined;
  }
}

/** One consumer, from its beginning to its end. */
class Following {
  /** When the server was last heard of; `-Infinity` once this is known to be over. */
  heard: number = performance.now();
  readonly #link: NatsLink;
  readonly #stream: string;
  readonly #taken: (sequence: number, message: NatsMessage) => void;
  readonly #subscription: { unsubscribe(): void };
  #delivered = 0;
  #name: string | undefined;
  #isOver = false;

  constructor(
    link: NatsLink,
    stream: string,
    inbox: string,
    next: number,
    taken: (sequence: number, message: NatsMessage) => void,
  ) {
    this.#link = link;
    this.#stream = stream;
    this.#taken = taken;
    const { connection, jsm } = link.session;
    this.#subscription = connection.subscribe(inbox, {
      callback: (error, message) => (error === null ? this.#take(message) : this.#lost()),
    });
    jsm.consumers
      .add(stream, {
        deliver_subject: inbox,
        deliver_policy: "by_start_sequence",
        opt_start_seq: next,
        ack_policy: "none",
        replay_policy: "instant",
        max_deliver: 1,
        flow_control: true,
        idle_heartbeat: nanos(HEARTBEAT_MS),
        inactive_threshold: nanos(INACTIVE_MS),
        num_replicas: 1,
        mem_storage: true,
      })
      .then(
        ({ name }) => {
          this.#name = name;
          if (this.#isOver) this.#delete();
        },
        () => this.#lost(),
      );
  }

  stop(): void {
    this.#isOver = true;
    if (!this.#link.session.connection.isClosed()) this.#subscription.unsubscribe();
    this.#delete();
  }

  #take(message: NatsMessage): void {
    if (this.#isOver) return;
    this.heard = performance.now();
    if (message.headers?.code === NATS_CONTROL) return this.#control(message);
    const place = placeOfMessage(message.reply);
    if (place === undefined) return;
    if (place.delivered !== this.#delivered + 1) return this.#lost();
    this.#delivered = place.delivered;
    this.#taken(place.sequence, message);
  }

  #control(message: NatsMessage): void {
    // Flow control: the server goes on once this is answered.
    if (message.reply) return void message.respond();
    const stalled = message.headers?.get("Nats-Consumer-Stalled");
    if (stalled) this.#link.session.connection.publish(stalled);
    if (Number(message.headers?.get("Nats-Last-Consumer") || 0) > this.#delivered) this.#lost();
  }

  /** Nothing more is taken from this one: something is missing in it. */
  #lost(): void {
    this.#isOver = true;
    this.heard = Number.NEGATIVE_INFINITY;
  }

  #delete(): void {
    // What cannot be deleted now goes after INACTIVE_MS by itself.
    if (this.#name !== undefined && this.#link.identity !== undefined) {
      this.#link.session.jsm.consumers.delete(this.#stream, this.#name).catch(() => {});
    }
  }
}
