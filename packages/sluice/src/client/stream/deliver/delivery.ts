import type { StandardSchema } from "../../../base/standard-schema.ts";
import type { ParsedEvent } from "../../../protocol/parser.ts";
import { loadRest } from "../load-rest.ts";
import { jsonOrText } from "./json-or-text.ts";
import type { StreamEvent } from "./stream-event.ts";

/** A listener without its types. If it returns a promise, it is busy until the promise settles. */
export type Listener = (data: unknown, event: StreamEvent) => unknown;

/** Settings of a delivery. */
export interface DeliverySettings {
  readonly parse: (text: string) => unknown;
  /** The schemas by event type. */
  readonly schemas: Readonly<Record<string, StandardSchema | undefined>>;
  /** The type of the server's gap events. */
  readonly gapEvent: string;
  /** Receives the gaps, in place of the iterations. */
  readonly onGap?: Listener | undefined;
  /** Returns true for the event that completes the stream. */
  readonly until?: ((event: StreamEvent) => boolean) | undefined;
}

/** The stream as its delivery sees it. */
export interface DeliveryOwner {
  /** Called when the position has moved. */
  moved(lastEventId: string): void;
  failed(error: unknown, stage: "listener" | "data" | "gap"): void;
}

/** A listener of one type, or an iteration, which has no type. */
export interface Consumer {
  readonly type?: string;
  /** `undefined`: the consumer has left. */
  listener: Listener | undefined;
  /** Only of an iteration. Called at the end of the stream; with its error if it has failed. */
  readonly end?: (failure: Error | undefined) => void;
}

/**
 * Gives the events of all attempts to the consumers, one at a time. The next event waits until all consumers are done
 * with the one before, so the slowest consumer sets the pace. The position moves when all are done with an event.
 */
export interface Delivery {
  /** The position after the events that all consumers are done with. */
  done: string;
  /** The position after the events that were given. The next attempt resumes from it, so no event is given twice. */
  given: string;
  /** True once the first bytes of an answer have come. */
  opened?: boolean;
  /** Adds a consumer. Returns a function that removes it, and returns true if no consumer remains. */
  add(consumer: Consumer): () => boolean;
  /**
   * Returns a promise while a consumer is busy, or while there is none although one is needed. Ask again when it
   * resolves. A new call replaces the promise of the last one.
   */
  waiting(needsConsumer: boolean): Promise<void> | undefined;
  /** Returns the data of an event; a promise, which never rejects, if the event has a schema. */
  decode(event: ParsedEvent): unknown;
  /** Gives an event to the consumers. Returns true if it completes the stream. */
  give(event: ParsedEvent, data: unknown): boolean;
  /** Moves the position past blocks without an event. */
  pass(lastEventId: string): void;
  /** Removes all consumers. Returns true if one of them is an iteration, which throws the failure. */
  end(failure: Error | undefined): boolean;
}

/** The part of a delivery that attempts use. */
export type Receiver = Pick<Delivery, "given" | "opened" | "waiting" | "decode" | "give" | "pass">;

/** Stands for the data of an event that no consumer receives. */
const NO_DATA = Symbol();

/** Creates the delivery of a stream. */
export function createDelivery(settings: DeliverySettings, { moved, failed }: DeliveryOwner): Delivery {
  const { parse, schemas, gapEvent, onGap, until } = settings;
  let consumers: readonly Consumer[] = [];
  /**
   * The type of the last event, its schema and its consumers: most events have the type of the one before. `undefined`:
   * the consumers have changed since.
   */
  let receivedType: string | undefined;
  let schema: StandardSchema | false | undefined;
  let receivers: readonly Consumer[];
  /** Number of pending promises of consumers. */
  let busy = 0;
  let resume: (() => void) | undefined;

  const invalid = (error: unknown) => {
    failed(error, "data");
    return NO_DATA;
  };

  const setConsumers = (changed: readonly Consumer[]) => {
    consumers = changed;
    receivedType = undefined;
  };
  // Functions of their own, so that the usual path creates no closure for each event (bench client).
  const thrown = (error: unknown) => failed(error, "listener");
  const validated = (by: StandardSchema, type: string, data: unknown) =>
    loadRest()
      .then(({ validate }) => validate(by, type, data))
      .catch(invalid);

  function settle(): void {
    const { given } = delivery;
    if (busy || delivery.done === given) return;
    delivery.done = given;
    moved(given);
  }

  function call(listener: Listener | undefined, event: StreamEvent): void {
    try {
      const result = listener?.(event.data, event) as PromiseLike<unknown> | undefined;
      if (typeof result?.then !== "function") return;
      busy++;
      Promise.resolve(result)
        .catch(thrown)
        .then(() => {
          busy--;
          settle();
          resume?.();
        });
    } catch (error) {
      thrown(error);
    }
  }

  /** Returns the consumers of a type. Once `onGap` has received a gap, the iterations do not. */
  function receiversOf(type: string): readonly Consumer[] {
    if (type !== receivedType) {
      receivedType = type;
      schema = Object.hasOwn(schemas, type) && schemas[type];
      receivers = consumers.filter((each) => (each.type ?? type) === type && !(onGap && each.end && type === gapEvent));
    }
    return receivers;
  }

  const delivery: Delivery = {
    done: "",
    given: "",
    add(consumer) {
      setConsumers([...consumers, consumer]);
      resume?.();
      return () => {
        consumer.listener = undefined;
        setConsumers(consumers.filter((each) => each !== consumer));
        return !consumers[0];
      };
    },
    waiting(needsConsumer) {
      if (!busy && (consumers[0] || !needsConsumer)) return undefined;
      return new Promise((resolve) => {
        resume = resolve;
      });
    },
    decode({ type, data: text }) {
      // The server makes the data of gaps, in its own format.
      if (type === gapEvent) return jsonOrText(text);
      if (!receiversOf(type)[0] && !until) return NO_DATA;
      try {
        const data = parse(text);
        return schema ? validated(schema, type, data) : data;
      } catch (error) {
        return invalid(error);
      }
    },
    give({ type, lastEventId: id }, data) {
      const event = { type, data, id } as StreamEvent;
      delivery.given = id;
      if (type === gapEvent) {
        if (onGap) call(onGap, event);
        else if (!receiversOf(type)[0]) failed(data, "gap");
      }
      if (data !== NO_DATA) for (const { listener } of receiversOf(type)) call(listener, event);
      settle();
      return !!until?.(event);
    },
    pass(lastEventId) {
      delivery.given = lastEventId;
      settle();
    },
    end(failure) {
      const removed = consumers;
      setConsumers([]);
      for (const consumer of removed) {
        consumer.listener = undefined;
        consumer.end?.(failure);
      }
      return removed.some(({ end }) => end);
    },
  };
  return delivery;
}
