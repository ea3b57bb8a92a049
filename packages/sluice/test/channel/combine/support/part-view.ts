import { parseCombinedId } from "../../../../src/channel/combine/combined-id.ts";
import type { SeenEvent } from "../../support/fake-subscriber.ts";
import type { LogHistory } from "../../support/log-history.ts";
import type { Connection } from "../../support/model-subscriber.ts";

/** Bytes that IDs of many parts and the positions of other parts add to what a socket holds. */
const COMBINED_BYTES = 600;

/** One part of a combined stream, as a model of a stream on that part's channel alone sees it. */
export class PartView implements Connection {
  readonly #name: string;
  readonly #history: LogHistory;
  readonly #subscriber: Connection;
  readonly #seen: SeenEvent[] = [];
  #read = 0;

  constructor(name: string, history: LogHistory, subscriber: Connection) {
    this.#name = name;
    this.#history = history;
    this.#subscriber = subscriber;
  }

  get seen(): readonly SeenEvent[] {
    const { seen } = this.#subscriber;
    for (; this.#read < seen.length; this.#read++) {
      const event = this.#ownEvent(seen[this.#read]!);
      if (event !== undefined) this.#seen.push(event);
    }
    return this.#seen;
  }

  get lastEventId(): string {
    return positionIn(this.#subscriber.lastEventId, this.#name);
  }

  get isOver(): boolean {
    return this.#subscriber.isOver;
  }

  get mostPending(): number {
    return Math.max(0, this.#subscriber.mostPending - COMBINED_BYTES);
  }

  get written(): number {
    return this.#subscriber.written;
  }

  take(bytes?: number): void {
    this.#subscriber.take(bytes);
  }

  disconnect(): void {
    this.#subscriber.disconnect();
  }

  #ownEvent({ type, data, lastEventId }: SeenEvent): SeenEvent | undefined {
    const position = positionIn(lastEventId, this.#name);
    if (type === "gap") {
      const isOwn = (JSON.parse(data) as { channel: string }).channel === this.#name;
      return isOwn ? { type, data, lastEventId: position } : undefined;
    }
    if (!type.startsWith(`${this.#name}.`)) return undefined;
    // A stream on the channel alone has the publisher's own ID, where the combined ID has the position.
    const named = this.#history.position(position);
    const ownId = named && this.#history.at(named)?.id;
    return { type: type.slice(this.#name.length + 1), data, lastEventId: ownId ?? position };
  }
}

/** Returns the position of a part in a combined ID; `""` if it has none. */
export function positionIn(id: string, name: string): string {
  if (id === "") return "";
  const positions = parseCombinedId(id);
  if (positions === undefined) throw new Error(`${JSON.stringify(id)} is no combined ID.`);
  return positions.get(name) ?? "";
}
