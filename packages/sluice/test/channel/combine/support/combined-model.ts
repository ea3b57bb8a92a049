import { FakeSubscriber } from "../../support/fake-subscriber.ts";
import { IteratingSubscriber } from "../../support/iterating-subscriber.ts";
import type { ModelLog } from "../../support/model-logs.ts";
import { type Connection, HIGH_WATER_MARK, ModelSubscriber, SELECTIONS } from "../../support/model-subscriber.ts";
import { World } from "../../support/model-world.ts";
import { CombineWorld } from "./combine-world.ts";
import { PartView, positionIn } from "./part-view.ts";

/** A part of a combined subscriber. */
export interface ModelPart {
  readonly world: number;
  readonly selection: number;
  readonly from: "now" | "start";
}

/** How a combined subscriber connects. */
export interface CombinedConnecting {
  readonly isIterating: boolean;
  readonly takesAll: boolean;
}

/** A combined subscriber over all its connections, with a model for each part. */
export interface CombinedSubscriber {
  stream: Connection;
  readonly isIterating: boolean;
  readonly parts: Map<string, ModelPart & { readonly model: ModelSubscriber }>;
}

/** Several channels, each on a log and in a Sluice of its own, and the subscribers that combine them. */
export class CombinedModel {
  readonly worlds: readonly World[];
  readonly combined: CombineWorld = new CombineWorld({
    highWaterMark: HIGH_WATER_MARK,
    heartbeat: Number.POSITIVE_INFINITY,
  });
  readonly subscribers: CombinedSubscriber[] = [];

  constructor(logs: readonly ModelLog[]) {
    this.worlds = logs.map((log) => new World(log));
  }

  async open(): Promise<void> {
    await this.openAll();
    await this.combined.load();
  }

  /** Opens the channels that have closed. */
  async openAll(): Promise<void> {
    for (const world of this.worlds) await world.open();
  }

  connect(parts: readonly ModelPart[], { isIterating, takesAll }: CombinedConnecting): void {
    const subscriber: CombinedSubscriber = { stream: undefined as never, isIterating, parts: new Map() };
    for (const part of parts) this.#addPart(subscriber, part);
    this.subscribers.push(subscriber);
    this.#open(subscriber, undefined, takesAll);
  }

  /** Cuts the connection and resumes, with another set of parts if `changed` names one. */
  reconnect(subscriber: CombinedSubscriber, changed?: ModelPart): void {
    const { stream, parts } = subscriber;
    for (const { model } of parts.values()) model.check();
    stream.disconnect();
    for (const [name, part] of parts) {
      if (part.model.connection.lastEventId !== "") part.model.checkPosition();
      else this.#addPart(subscriber, part, name);
    }
    if (changed !== undefined) {
      const name = nameOf(changed);
      if (!parts.has(name)) this.#addPart(subscriber, changed);
      else if (parts.size > 1) parts.delete(name);
    }
    this.#open(subscriber, stream.lastEventId || undefined, false);
  }

  check(): void {
    for (const { parts } of this.subscribers) for (const { model } of parts.values()) model.check();
    for (const { subscribers } of this.worlds) for (const subscriber of subscribers) subscriber.check();
  }

  writeHeartbeats(): void {
    const { streams } = this.combined.hub;
    for (const stream of streams) if (stream.writable) stream.write(stream.feed.heartbeat());
  }

  #addPart({ parts, stream }: CombinedSubscriber, part: ModelPart, name: string = nameOf(part)): void {
    const { history, here, modelLog } = this.worlds[part.world]!;
    const model = new ModelSubscriber(history, SELECTIONS[part.selection]!, false);
    // The client may still have the position of an earlier connection.
    const known = stream === undefined ? "" : positionIn(stream.lastEventId, name);
    if (known !== "") model.begins(history.position(known)!);
    else if (part.from === "now") model.begins(here);
    else {
      model.begins({ era: here.era, offset: modelLog.channelLog.first - 1 });
      model.newestAtStart = here.offset;
    }
    parts.set(name, { ...part, model });
  }

  #open(subscriber: CombinedSubscriber, lastEventId: string | undefined, takesAll: boolean): void {
    const subscriptions = Object.fromEntries(
      [...subscriber.parts].map(([name, { world, from, model }]) => {
        const { channel } = this.worlds[world]!;
        return [name, channel.subscribe({ ...model.selection.options, from })];
      }),
    );
    const combination = this.combined.combine(subscriptions);
    subscriber.stream = subscriber.isIterating
      ? new IteratingSubscriber(combination, lastEventId)
      : new FakeSubscriber(this.combined.hub, combination, lastEventId, takesAll);
    for (const [name, { world, model }] of subscriber.parts)
      model.connected(new PartView(name, this.worlds[world]!.history, subscriber.stream));
  }
}

/** Subscribers with equal parts share a cohort, so the name must follow from the part. */
function nameOf({ world, selection }: ModelPart): string {
  return `w${world}-${selection}`;
}
