import type { LocalPresence } from "../channel/local-presence.ts";
import type { ChannelReport, TopicCount } from "./cluster-events.ts";

/** Numbers of a channel's subscribers on all nodes. */
export interface Presence {
  /** Open event streams on the channel. */
  readonly subscribers: number;
  /**
   * Number of subscribers by topic; `"*"`: subscribers of all topics. A subscriber that names two topics counts twice.
   */
  readonly topics: ReadonlyMap<string, number>;
  /** Nodes whose subscribers are counted, including this one. */
  readonly nodes: number;
}

/** Subscribers of one node, by channel. */
type NodePresence = Map<string, { subscribers: number; readonly topics: Map<string, number> }>;

/** Characters of channels and topics in one beat, so that a beat is small enough for every log. */
const BEAT_CHARACTERS = 100_000;
/** Characters of a channel or a topic count besides the name. */
const COUNT_CHARACTERS = 10;

/** Subscribers of all nodes, computed from their reports. */
export class PresenceTable {
  readonly #byNode = new Map<string, NodePresence>();
  /** The presence of this node as it reported it last. */
  #lastSent: NodePresence = new Map();

  /**
   * Applies the reports of another node. `whole`: they describe all of its channels. Returns false if they are changes
   * to reports that this table does not have.
   */
  apply(node: string, reports: readonly ChannelReport[], whole: boolean): boolean {
    if (whole) this.#byNode.set(node, new Map());
    const known = this.#byNode.get(node);
    if (known === undefined) return false;
    for (const report of reports) applyReport(known, report);
    return true;
  }

  remove(node: string): void {
    this.#byNode.delete(node);
  }

  /**
   * Returns reports of what changed in these channels of this node since the last call. `whole`: they are all channels,
   * and the reports describe all of them. Each inner array fits into one beat. There is at least one, which may be
   * empty.
   */
  nextReports(channels: Iterable<readonly [string, LocalPresence]>, whole: boolean): ChannelReport[][] {
    if (whole) this.#lastSent = new Map();
    const parts: ChannelReport[][] = [[]];
    let room = BEAT_CHARACTERS;
    for (const [channel, { subscribers, topics }] of channels) {
      const last = this.#lastSent.get(channel);
      const changed = changedTopics(topics, last?.topics);
      if (changed.length === 0 && subscribers === (last?.subscribers ?? 0)) continue;
      let report = { channel, subscribers, topics: [] as TopicCount[] };
      room -= channel.length + COUNT_CHARACTERS;
      if (room < 0) {
        parts.push([]);
        room = BEAT_CHARACTERS;
      }
      parts[parts.length - 1]!.push(report);
      for (const count of changed) {
        room -= count[0].length + COUNT_CHARACTERS;
        if (room < 0) {
          report = { channel, subscribers, topics: [] };
          parts.push([report]);
          room = BEAT_CHARACTERS;
        }
        report.topics.push(count);
      }
      applyReport(this.#lastSent, { channel, subscribers, topics: changed });
    }
    return parts;
  }

  /** Adds the subscribers of other nodes to those of this one. `nodes` is the number of live nodes. */
  total(channel: string, own: LocalPresence, nodes: number): Presence {
    const topics = new Map(own.topics);
    let { subscribers } = own;
    for (const node of this.#byNode.values()) {
      const there = node.get(channel);
      if (there === undefined) continue;
      subscribers += there.subscribers;
      for (const [topic, count] of there.topics) topics.set(topic, (topics.get(topic) ?? 0) + count);
    }
    return { subscribers, topics, nodes };
  }
}

function applyReport(node: NodePresence, { channel, subscribers, topics }: ChannelReport): void {
  let known = node.get(channel);
  if (known === undefined) node.set(channel, (known = { subscribers, topics: new Map() }));
  known.subscribers = subscribers;
  for (const [topic, count] of topics) {
    if (count === 0) known.topics.delete(topic);
    else known.topics.set(topic, count);
  }
  if (subscribers === 0) node.delete(channel);
}

function changedTopics(
  now: ReadonlyMap<string, number>,
  before: ReadonlyMap<string, number> | undefined,
): TopicCount[] {
  const changed: TopicCount[] = [];
  for (const [topic, count] of now) if (before?.get(topic) !== count) changed.push([topic, count]);
  if (before !== undefined) for (const topic of before.keys()) if (!now.has(topic)) changed.push([topic, 0]);
  return changed;
}
