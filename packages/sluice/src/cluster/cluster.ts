import { quietInterval, type Timer } from "../base/time/timers.ts";
import type { Channel } from "../channel/channel.ts";
import type { ChannelOptions } from "../channel/channel-options.ts";
import type { EventMap, KeptEvent } from "../channel/event/kept-event.ts";
import { Projection } from "../channel/follow/projection.ts";
import { type LocalPresence, NOBODY } from "../channel/local-presence.ts";
import type { ConnectionSelector, NamedSelector } from "../stream/connection-selector.ts";
import {
  CLUSTER_CHANNEL,
  type ClusterCommands,
  type ClusterEvents,
  COMMANDS_CHANNEL,
  type DisconnectCommand,
} from "./cluster-events.ts";
import { Commands } from "./commands.ts";
import { type Moment, NodeClocks } from "./node-clocks.ts";
import { BEATS_PER_TIMEOUT, Nodes } from "./nodes.ts";
import { OwnBeats } from "./own-beats.ts";
import { type Presence, PresenceTable } from "./presence.ts";

/** This process, as the cluster uses it. */
export interface ClusterMember {
  /** Identifies this process among all that share the log. */
  readonly node: string;
  /** Time without a beat after which other nodes consider this one dead, in ms. */
  readonly nodeTimeout: number;
  /** The channels of this process, by name. */
  readonly channels: ReadonlyMap<string, { presence(): LocalPresence }>;
  /** Names of the channels whose subscribers have changed. The cluster removes the names that it has reported. */
  readonly changed: Set<string>;
  /**
   * Ends streams of this process for which another node asks, if they were opened until a time on the clock of
   * `performance.now()`.
   */
  disconnect(selector: ConnectionSelector, openedUntil: number): void;
  report(error: unknown): void;
}

/** Opens a channel of the log that the nodes share. */
export type OpenClusterChannel = <Events extends EventMap>(
  name: string,
  options: ChannelOptions<Events>,
) => Channel<Events>;

/** Retention of the beats. They are useful only while they are new. */
const RETAIN_BEATS = { events: 10_000, age: 3_600_000 };
/** Retention of the commands. A node that was away executes them when it is back. */
const RETAIN_COMMANDS = { events: 10_000, age: 24 * 3_600_000 };

/** Makes this process a node of the cluster: it sends beats and commands, and receives those of the other nodes. */
export function joinCluster(open: OpenClusterChannel, member: ClusterMember): Cluster {
  // The option `flushInterval` of the Sluice is for streams.
  const beats = open<ClusterEvents>(CLUSTER_CHANNEL, { retain: RETAIN_BEATS, flushInterval: 0 });
  const commands = open<ClusterCommands>(COMMANDS_CHANNEL, { retain: RETAIN_COMMANDS, flushInterval: 0 });
  return new Cluster(beats, commands, member);
}

/** The nodes that share a log, as this process sees them: which are alive, and how many subscribers each has. */
export class Cluster {
  readonly #channel: Channel<ClusterEvents>;
  readonly #commands: Commands;
  readonly #member: ClusterMember;
  readonly #nodes: Nodes;
  readonly #clocks = new NodeClocks();
  readonly #ownBeats: OwnBeats;
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
  /** Position of the newest beat received. */
  #seen: Moment["seen"];
  #closed = false;

  constructor(channel: Channel<ClusterEvents>, commands: Channel<ClusterCommands>, member: ClusterMember) {
    this.#channel = channel;
    this.#member = member;
    this.#interval = member.nodeTimeout / BEATS_PER_TIMEOUT;
    this.#ownBeats = new OwnBeats(this.#interval, member.nodeTimeout);
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
    this.#commands = new Commands({
      channel: commands,
      node: member.node,
      givenBy: (command) => this.#givenBy(command),
      knows: (node) => this.#clocks.knows(node),
      disconnect: (selector, openedUntil) => member.disconnect(selector, openedUntil),
      report: onError,
    });
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

  /**
   * Asks all other nodes to end the streams that were opened until `at`, a time on the clock of `performance.now()`.
   * Resolves when the log has the request.
   */
  async disconnect(selector: NamedSelector, at: number): Promise<void> {
    const time = Date.now() - (performance.now() - at);
    await this.#commands.give({ node: this.node, selector, given: { at, time, seen: this.#seen } });
  }

  /** Leaves the cluster. The other nodes remove this one at once, without waiting for its timeout. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#projection.stop();
    // If the log fails, closing must not wait for it.
    if (!this.#failing) await this.#channel.publish("bye", { node: this.node }).catch(() => undefined);
    await this.#commands.close();
    await this.#channel.shutDown();
  }

  #apply({ entry, position: { epoch, offset } }: KeptEvent): void {
    const { type } = entry;
    const data = JSON.parse(entry.data) as { readonly node: string };
    this.#seen = { epoch, offset };
    if (type === "beat") this.#applyBeat(data as ClusterEvents["beat"], this.#seen);
    else if (type === "bye" && data.node !== this.node) this.#nodes.remove(data.node);
  }

  #applyBeat(beat: ClusterEvents["beat"], position: NonNullable<Moment["seen"]>): void {
    const { node, timeout, at, ask = false, whole = false, channels = [] } = beat;
    const now = performance.now();
    if (node === this.node) {
      this.#clocks.recordOwnBeat(position, at);
      if (this.#ownBeats.record(now)) this.#nodes.recordOwnBeat();
      return;
    }
    this.#nodes.recordBeat(node, timeout);
    // If this node was away, so that its own beats did not come through, the beats of the others are late.
    if (this.#ownBeats.isInTime(now)) {
      const wasKnown = this.#clocks.knows(node);
      this.#clocks.recordBeat(node, at, now);
      if (!wasKnown) this.#commands.repeatOf(node);
    }
    if (ask) this.#reportAll = true;
    if (!this.#presence.apply(node, channels, whole)) this.#askForAll = true;
  }

  /** Returns the latest time at which a command can have been given. */
  #givenBy({ node, given }: DisconnectCommand): number {
    const now = performance.now();
    // A command that is not late was given just now. The wall clock of an unknown node may be wrong.
    const isNew = !this.#clocks.knows(node) && this.#ownBeats.isSteady(now);
    return isNew ? now : this.#clocks.latest(node, given, now);
  }

  /** Yields the presence of all channels, or only of changed channels: a beat costs nothing for the others. */
  *#present(whole: boolean): Generator<[string, LocalPresence]> {
    const { channels, changed } = this.#member;
    const names = whole ? [...channels.keys()] : [...changed];
    changed.clear();
    // A channel that closed has no subscribers any more.
    for (const name of names) yield [name, channels.get(name)?.presence() ?? NOBODY];
  }

  async #beat(): Promise<void> {
    if (this.#beating || this.#closed) return;
    this.#beating = true;
    try {
      await this.#publishBeat();
      if (!this.#closed) for (const notify of this.#onBeat) notify();
    } catch (error) {
      this.#member.report(error);
    }
    this.#beating = false;
  }

  async #publishBeat(): Promise<void> {
    const { node, nodeTimeout: timeout } = this;
    const whole = this.#reportAll;
    const ask = this.#askForAll;
    const [first = [], ...more] = this.#presence.nextReports(this.#present(whole), whole);
    this.#reportAll = false;
    this.#askForAll = false;
    try {
      await this.#channel.publish("beat", {
        node,
        timeout,
        at: performance.now(),
        ...(ask && { ask }),
        ...(whole && { whole }),
        channels: first,
      });
      for (const channels of more)
        await this.#channel.publish("beat", { node, timeout, at: performance.now(), channels });
      await this.#commands.repeatLost();
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
