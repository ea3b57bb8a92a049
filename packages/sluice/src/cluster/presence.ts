import type { LocalPresence } from "../channel/local-presence.ts";
import type { ChannelReport, TopicCount } from "./cluster-events.ts";

/** Who is connected to a channel, on all nodes. */
export interface Presence {
  /** Open event streams on the channel. */
  readonly subscribers: number;
  /** By topic, how many of them name it; `"*"`: those of everything. One that names two counts for both. */
  readonly topics: ReadonlyMap<string, number>;
  /** Nodes counted, this one included. */
  readonly nodes: number;
}

/** What one node has said of its subscribers. */
type NodeReport = Map<string, { subscribers: number; readonly topics: Map<string, number> }>;

/** Characters of topics told in one beat, so that no beat is larger than any log takes an event. */
const BEAT_CHARACTERS = 100_000;
/** What a topic takes besides its name. */
const COUNT_CHARACTERS = 10;

/** Adds up what all nodes say of their subscribers. */
export class PresenceTable {
  readonly #byNode = new Map<string, NodeReport>();
  /** What this node has told the others. */
  #told: NodeReport = new Map();

  /** What another node says; `whole`: it has nothing else. Returns whether it could be understood: of an unknown node only changes tell nothing. */
  heard(node: string, reports: readonly ChannelReport[], whole: boolean): boolean {
    if (whole) this.#byNode.set(node, new Map());
    const known = this.#byNode.get(node);
    if (known === undefined) return false;
    for (const { channel, subscribers, topics } of reports) apply(known, channel, subscribers, topics);
    return true;
  }

  forget(node: string): void {
    this.#byNode.delete(node);
  }

  /** What the others do not know yet of this node's channels, or all of it, in parts of which each fits into a beat. */
  changes(channels: ReadonlyMap<string, LocalPresence>, whole: boolean): ChannelReport[][] {
    if (whole) this.#told = new Map();
    const parts: ChannelReport[][] = [[]];
    let room = BEAT_CHARACTERS;
    for (const [channel, { subscribers, topics }] of channels) {
      const told = this.#told.get(channel);
      const changed = changedTopics(topics, told?.topics);
      if (changed.length === 0 && subscribers === (told?.subscribers ?? 0)) continue;
      let report = { channel, subscribers, topics: [] as TopicCount[] };
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
      apply(this.#told, channel, subscribers, changed);
    }
    return parts;
  }

  /** This node's own, and what the others have said. */
  of(channel: string, own: LocalPresence, nodes: number): Presence {
    const topics = new Map(own.topics);
    let { subscribers } = own;
    for (const report of this.#byNode.values()) {
      const there = report.get(channel);
      if (there === undefined) continue;
      subscribers += there.subscribers;
      for (const [topic, count] of there.topics) topics.set(topic, (topics.get(topic) ?? 0) + count);
    }
    return { subscribers, topics, nodes };
  }
}

function apply(report: NodeReport, channel: string, subscribers: number, changed: readonly TopicCount[]): void {
  let known = report.get(channel);
  if (known === undefined) report.set(channel, (known = { subscribers, topics: new Map() }));
  known.subscribers = subscribers;
  for (const [topic, count] of changed) {
    if (count === 0) known.topics.delete(topic);
    else known.topics.set(topic, count);
  }
  if (subscribers === 0) report.delete(channel);
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
