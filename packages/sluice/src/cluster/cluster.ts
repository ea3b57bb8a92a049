import type { Channel } from "../channel/channel.ts";
import type { ChannelOptions } from "../channel/channel-options.ts";
import type { KeptEvent } from "../channel/event/kept-event.ts";
import { Projection } from "../channel/follow/projection.ts";
import type { LocalPresence } from "../channel/local-presence.ts";
import type { NamedSelector } from "../stream/connection-selector.ts";
import { CLUSTER_CHANNEL, type ClusterEvents } from "./cluster-events.ts";
import { BEATS_PER_TIMEOUT, Nodes } from "./nodes.ts";
import { type Presence, PresenceTable } from "./presence.ts";

/** What the cluster is told of this process, and does to it. */
export interface ClusterMember {
  /** Names this process among all that share the log. */
  readonly node: string;
  /** Time after which a node that is not heard of counts as dead, in ms. */
  readonly nodeTimeout: number;
  /** Who is connected here, by channel. */
  present(): ReadonlyMap<string, LocalPresence>;
  /** Ends streams of this process; another node asks for it. */
  disconnect(selector: NamedSelector): void;
  report(error: unknown): void;
}

/** What nodes say is of use only while it is new; but who was away for some time must still hear whose streams are to be ended. */
const RETAIN = { events: 10_000, age: 3_600_000 };

/** Begins to tell the others of this process, and to hear of them, on a channel of the log that they share. */
export function joinCluster(
  open: (name: string, options: ChannelOptions<ClusterEvents>) => Channel<ClusterEvents>,
  member: ClusterMember,
): Cluster {
  return new Cluster(open(CLUSTER_CHANNEL, { retain: RETAIN }), member);
}

/** The processes that share a log, as one of them sees the others: who is alive, and who is connected to them. */
export class Cluster {
  readonly #channel: Channel<ClusterEvents>;
  readonly #member: ClusterMember;
  readonly #nodes: Nodes;
  readonly #presence = new PresenceTable();
  readonly #fold: Projection;
  /** Time between beats, in ms. */
  readonly #every: number;
  readonly #timer: ReturnType<typeof setInterval>;
  readonly #onBeat = new Set<() => void>();
  readonly #onDeath = new Set<(node: string) => void>();
  /** Whether everybody is to say all they know with their next beat; at first, since nothing is known. */
  #ask = true;
  /** Whether the others do not know all of this node. */
  #sayAll = true;
  /** Whether the last beat did not get through; it is told once. */
  #failing = false;
  #beating = false;
  /** When an own beat was last counted. */
  #countedAt = 0;
  #closed = false;

  constructor(channel: Channel<ClusterEvents>, member: ClusterMember) {
    this.#channel = channel;
    this.#member = member;
    this.#every = member.nodeTimeout / BEATS_PER_TIMEOUT;
    this.#nodes = new Nodes(this.#every, (node) => {
      this.#presence.forget(node);
      for (const tell of this.#onDeath) tell(node);
    });
    const folded = {
      take: (event: KeptEvent) => this.#take(event),
      restart: () => {
        this.#ask = true;
        this.#sayAll = true;
      },
    };
    this.#fold = new Projection(channel as unknown as Channel, folded, "now", (error) => member.report(error));
    this.#timer = setInterval(() => void this.#beat(), this.#every);
    (this.#timer as { unref?(): void }).unref?.();
    void this.#fold.caughtUp().then(
      () => this.#beat(),
      () => undefined,
    );
  }

  get node(): string {
    return this.#member.node;
  }

  get nodeTimeout(): number {
    return this.#member.nodeTimeout;
  }

  /** A node must be heard of from now on, or it counts as dead after its timeout, in ms. */
  expect(node: string, timeout: number): void {
    if (node !== this.node) this.#nodes.expect(node, timeout);
  }

  /** Calls back with every node that dies or leaves, and after each beat. */
  watch(onDeath: (node: string) => void, onBeat: () => void): void {
    this.#onDeath.add(onDeath);
    this.#onBeat.add(onBeat);
  }

  /** How many are connected to a channel. */
  presence(channel: string, own: LocalPresence): Presence {
    return this.#presence.of(channel, own, this.#nodes.count + 1);
  }

  /** Asks all other nodes to end streams; resolves when the log has it. */
  async disconnect(selector: NamedSelector): Promise<void> {
    await this.#channel.publish("disconnect", { node: this.node, selector });
  }

  /** Says goodbye, so that the others need not wait to forget this node. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#fold.stop();
    // One that cannot be reached now would be waited for in vain.
    if (!this.#failing) await this.#channel.publish("bye", { node: this.node }).catch(() => undefined);
    await this.#channel.close();
  }

  #take({ entry }: KeptEvent): void {
    const { type } = entry;
    const data = JSON.parse(entry.data) as { readonly node: string };
    if (type === "beat") this.#heard(data as ClusterEvents["beat"]);
    else if (data.node === this.node) return;
    else if (type === "bye") this.#nodes.left(data.node);
    else if (type === "disconnect") this.#member.disconnect((data as ClusterEvents["disconnect"]).selector);
  }

  #heard({ node, timeout, ask = false, whole = false, channels = [] }: ClusterEvents["beat"]): void {
    if (node === this.node) return this.#heardOwn();
    this.#nodes.heard(node, timeout);
    if (ask) this.#sayAll = true;
    if (!this.#presence.heard(node, channels, whole)) this.#ask = true;
  }

  /** Beats that were held up come all at once, and count as one: the others' may be held up behind them. */
  #heardOwn(): void {
    const now = performance.now();
    if (now - this.#countedAt < this.#every / 2) return;
    this.#countedAt = now;
    this.#nodes.ownBeat();
  }

  async #beat(): Promise<void> {
    if (this.#beating || this.#closed) return;
    this.#beating = true;
    await this.#say();
    this.#beating = false;
    if (!this.#closed) for (const tell of this.#onBeat) tell();
  }

  async #say(): Promise<void> {
    const { node, nodeTimeout: timeout } = this;
    const whole = this.#sayAll;
    const ask = this.#ask;
    const [first = [], ...more] = this.#presence.changes(this.#member.present(), whole);
    this.#sayAll = false;
    this.#ask = false;
    try {
      await this.#channel.publish("beat", {
        node,
        timeout,
        ...(ask && { ask }),
        ...(whole && { whole }),
        channels: first,
      });
      for (const channels of more) await this.#channel.publish("beat", { node, timeout, channels });
      this.#failing = false;
    } catch (error) {
      // What was to be told may not have been.
      this.#sayAll = true;
      this.#ask ||= ask;
      if (!this.#failing && !this.#closed) this.#member.report(error);
      this.#failing = true;
    }
  }
}
