import { quietInterval, type Timer } from "../base/timers.ts";
import type { Channel } from "../channel/channel.ts";
import type { ChannelOptions } from "../channel/channel-options.ts";
import type { KeptEvent } from "../channel/event/kept-event.ts";
import { Projection } from "../channel/follow/projection.ts";
import type { LocalPresence } from "../channel/local-presence.ts";
import type { NamedSelector } from "../stream/connection-selector.ts";
import { CLUSTER_CHANNEL, type ClusterEvents } from "./cluster-events.ts";
import { BEATS_PER_TIMEOUT, Nodes } from "./nodes.ts";
import { type Presence, PresenceTable } from "./presence.ts";

/** This process, as the cluster uses it. */
export interface ClusterMember {
  /** Identifies this process among all that share the log. */
  readonly node: string;
  /** Time without a beat after which other nodes consider this one dead, in ms. */
  readonly nodeTimeout: number;
  /** Returns the subscribers of this process, by channel. */
  present(): ReadonlyMap<string, LocalPresence>;
  /** Ends streams of this process: another node asks for it. */
  disconnect(selector: NamedSelector): void;
  report(error: unknown): void;
}

/**
 * Retention of the cluster's channel. Beats are useful only while they are new, but a node that was away must still
 * receive the requests to end streams.
 */
const RETAIN = { events: 10_000, age: 3_600_000 };

/**
 * Makes this process a node of the cluster: it sends beats, and reads those of the others, on a channel of their log.
 */
export function joinCluster(
  open: (name: string, options: ChannelOptions<ClusterEvents>) => Channel<ClusterEvents>,
  member: ClusterMember,
): Cluster {
  return new Cluster(open(CLUSTER_CHANNEL, { retain: RETAIN }), member);
}

/** The nodes that share a log, as this process sees them: which are alive, and how many subscribers each has. */
export class Cluster {
  readonly #channel: Channel<ClusterEvents>;
  readonly #member: ClusterMember;
  readonly #nodes: Nodes;
  readonly #presence = new PresenceTable();
  readonly #projection: Projection;
  /** Time between two beats of this node, in ms. */
  readonly #interval: number;
  readonly #timer: Timer;
  readonly #onBeat = new Set<() => void>();
  readonly #onDeath = new Set<(node: string) => void>();
  /** True if the next beat asks the other nodes to report all their channels. */
  #askForAll = true;
  /** True if the next beat reports all channels of this node. */
  #reportAll = true;
  /** True if the last beat failed. Only the first failure is reported. */
  #failing = false;
  #beating = false;
  /** When an own beat last counted, on the clock of `performance.now()`. */
  #countedAt = 0;
  #closed = false;

  constructor(channel: Channel<ClusterEvents>, member: ClusterMember) {
    this.#channel = channel;
    this.#member = member;
    this.#interval = member.nodeTimeout / BEATS_PER_TIMEOUT;
    this.#nodes = new Nodes(this.#interval, (node) => {
      this.#presence.remove(node);
      for (const notify of this.#onDeath) notify(node);
    });
    const state = {
      apply: (event: KeptEvent) => this.#apply(event),
      restart: () => {
        this.#askForAll = true;
        this.#reportAll = true;
      },
    };
    const onError = (error: unknown) => member.report(error);
    this.#projection = new Projection({ channel: channel as unknown as Channel, state, from: "now", onError });
    this.#timer = quietInterval(() => void this.#beat(), this.#interval);
    void this.#projection.caughtUp().then(
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

  /** Starts to wait for a beat of another node. The node counts as dead if none arrives within `timeout` ms. */
  expect(node: string, timeout: number): void {
    if (node !== this.node) this.#nodes.expect(node, timeout);
  }

  /** Calls `onDeath` with each node that dies or leaves, and `onBeat` after each beat of this node. */
  watch(onDeath: (node: string) => void, onBeat: () => void): void {
    this.#onDeath.add(onDeath);
    this.#onBeat.add(onBeat);
  }

  /** Counts the subscribers of a channel on all nodes. `own` are those of this node. */
  presence(channel: string, own: LocalPresence): Presence {
    return this.#presence.total(channel, own, this.#nodes.count + 1);
  }

  /** Asks all other nodes to end streams. Resolves when the log has the request. */
  async disconnect(selector: NamedSelector): Promise<void> {
    await this.#channel.publish("disconnect", { node: this.node, selector });
  }

  /** Leaves the cluster. The other nodes remove this one at once, without waiting for its timeout. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#projection.stop();
    // If the log fails, closing must not wait for it.
    if (!this.#failing) await this.#channel.publish("bye", { node: this.node }).catch(() => undefined);
    await this.#channel.close();
  }

  #apply({ entry }: KeptEvent): void {
    const { type } = entry;
    const data = JSON.parse(entry.data) as { readonly node: string };
    if (type === "beat") this.#applyBeat(data as ClusterEvents["beat"]);
    else if (data.node === this.node) return;
    else if (type === "bye") this.#nodes.remove(data.node);
    else if (type === "disconnect") this.#member.disconnect((data as ClusterEvents["disconnect"]).selector);
  }

  #applyBeat({ node, timeout, ask = false, whole = false, channels = [] }: ClusterEvents["beat"]): void {
    if (node === this.node) return this.#applyOwnBeat();
    this.#nodes.recordBeat(node, timeout);
    if (ask) this.#reportAll = true;
    if (!this.#presence.apply(node, channels, whole)) this.#askForAll = true;
  }

  /** Counts own beats that arrive together, after a delay, as one: beats of other nodes may be delayed behind them. */
  #applyOwnBeat(): void {
    const now = performance.now();
    if (now - this.#countedAt < this.#interval / 2) return;
    this.#countedAt = now;
    this.#nodes.recordOwnBeat();
  }

  async #beat(): Promise<void> {
    if (this.#beating || this.#closed) return;
    this.#beating = true;
    await this.#publishBeat();
    this.#beating = false;
    if (!this.#closed) for (const notify of this.#onBeat) notify();
  }

  async #publishBeat(): Promise<void> {
    const { node, nodeTimeout: timeout } = this;
    const whole = this.#reportAll;
    const ask = this.#askForAll;
    const [first = [], ...more] = this.#presence.nextReports(this.#member.present(), whole);
    this.#reportAll = false;
    this.#askForAll = false;
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
      // The other nodes may not have received these reports.
      this.#reportAll = true;
      this.#askForAll ||= ask;
      if (!this.#failing && !this.#closed) this.#member.report(error);
      this.#failing = true;
    }
  }
}
