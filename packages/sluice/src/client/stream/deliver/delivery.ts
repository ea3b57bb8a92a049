import type { StandardSchema } from "../../../base/checks/standard-schema.ts";
import type { ParsedEvent } from "../../../protocol/parser.ts";
import { loadRest } from "../load-rest.ts";
import { jsonOrText } from "./json-or-text.ts";
import type { StreamEvent } from "./stream-event.ts";
import type { WaitingEvent } from "./validate.ts";

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
  /** The event that completes the stream: its type or types, or a function that returns true for it. */
  readonly until?: string | readonly string[] | ((event: StreamEvent) => boolean | PromiseLike<boolean>) | undefined;
  /** Called before each event. Returns true if this stream must not receive it any more. Then drops what waits. */
  isStale?: () => boolean;
}

/** The stream as its delivery sees it. */
export interface DeliveryOwner {
  /** Called when the position may have moved; once for all events of a chunk that no consumer holds up. */
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

type Recipient = Pick<Consumer, "listener">;

/**
 * Gives the events of all attempts to the consumers, one at a time. The next event waits until all consumers are done
 * with the one before, so the slowest consumer sets the pace. The position moves when all are done with an event.
 */
export interface Delivery {
  /** The position after the events that all consumers are done with. */
  done: string;
  /** The position after the events that were given. The next attempt resumes from it, so no event is given twice. */
  given: string;
  /** True once the event that `until` names was given. No event follows it. */
  isComplete: boolean;
  /** True once the first bytes of an answer have come. */
  isOpened?: boolean;
  /** Adds a consumer. Returns a function that removes it, and returns true if no consumer remains. */
  add(consumer: Consumer): () => boolean;
  /** Gives an event to the consumers: at once, or as soon as all of them are ready. */
  take(event: ParsedEvent): void;
  /**
   * Resolves when no event waits and no consumer is busy. Rejects if the code that validates an event cannot be loaded.
   * Replaces the promise of the last call, which may then stay pending.
   */
  settled(): Promise<void>;
  /** Moves the position of a settled delivery: to where the stream begins, or past blocks without an event. */
  pass(lastEventId: string): void;
  /** Drops the events that wait. The attempt that received them has ended. */
  drop(): void;
  /** Removes all consumers. Returns true if one of them is an iteration, which throws the failure. */
  end(failure: Error | undefined): boolean;
}

/** The part of a delivery that attempts use. */
export type Receiver = Pick<Delivery, "given" | "isComplete" | "isOpened" | "take" | "settled" | "pass" | "drop">;

/** Creates the delivery of a stream. */
export function createDelivery(settings: DeliverySettings, { moved, failed }: DeliveryOwner): Delivery {
  const { parse, schemas, gapEvent, onGap, until } = settings;
  let consumers: readonly Consumer[] = [];
  let waiting: WaitingEvent[] = [];
  /** Number of pending promises: of consumers, or of a schema. */
  let busy = 0;
  let resume: ((failed?: Promise<void>) => void) | undefined;
  /**
   * The type of the last event, and how to give an event of it: most events have the type of the one before.
   * `undefined`: the consumers have changed since.
   */
  let knownType: string | undefined;
  let decode: (text: string) => unknown;
  let schema: StandardSchema | false | undefined;
  let recipients: Recipient[];

  const gapRecipient: Recipient = { listener: onGap ?? ((gap) => failed(gap, "gap")) };
  const types: unknown[] = [until].flat();
  const isLast = typeof until === "function" ? until : ({ type }: StreamEvent) => types.includes(type);
  const complete = (isOver: unknown): unknown =>
    (isOver as PromiseLike<boolean> | undefined)?.then?.(complete) ?? void (delivery.isComplete ||= !!isOver);
  const completion: Recipient = { listener: (_, event) => complete(isLast(event)) };

  function setConsumers(changed: readonly Consumer[]): void {
    consumers = changed;
    knownType = undefined;
  }

  function know(type: string): void {
    const isGap = type === gapEvent;
    // Once `onGap` has received a gap, the iterations do not.
    recipients = consumers.filter((each) => (each.type ?? type) === type && !(isGap && onGap && each.end));
    if (isGap && (onGap || !recipients[0])) recipients.unshift(gapRecipient);
    if (until) recipients.push(completion);
    // The server makes the data of gaps, in its own format.
    decode = isGap ? jsonOrText : parse;
    schema = !isGap && recipients[0] && Object.hasOwn(schemas, type) && schemas[type];
    knownType = type;
  }

  function give(event: WaitingEvent): void {
    if (event.type !== knownType) know(event.type);
    try {
      if (!schema) hand(event, recipients[0] && decode(event.data));
      else if (event.valid) hand(event, event.valid());
      else validate(event, decode(event.data));
    } catch (error) {
      failed(error, "data");
      hand(event, undefined, [completion]);
    }
  }

  /** Validates data, and then puts the event back. It waits if all consumers have left meanwhile, as any event does. */
  function validate(event: ParsedEvent, data: unknown): void {
    // If the attempt ends meanwhile, its events are dropped, this one with them.
    const among = waiting;
    occupy(
      loadRest().then(
        ({ validate }) => validate(schema as StandardSchema, event, data, among),
        // The code could not be loaded. The attempt ends, and the next one receives the event again.
        (error) => {
          waiting = [];
          resume!(Promise.reject(error));
        },
      ),
    );
  }

  /** Hands an event over. Creates no closure and no promise on the usual path (bench client). */
  function hand({ type, lastEventId: id }: ParsedEvent, data: unknown, to = recipients): void {
    if (settings.isStale?.()) return;
    const event = { type, data, id } as StreamEvent;
    delivery.given = id;
    for (const { listener } of to) {
      try {
        const result = listener?.(data, event) as PromiseLike<unknown> | undefined;
        if (typeof result?.then === "function") occupy(result);
      } catch (error) {
        failed(error, "listener");
      }
    }
    if (!busy) delivery.done = id;
  }

  async function occupy(work: PromiseLike<unknown>): Promise<void> {
    busy++;
    try {
      await work;
    } catch (error) {
      failed(error, "listener");
    }
    busy--;
    goOn();
  }

  /** Gives the events that wait, as far as all consumers are ready. */
  function goOn(): void {
    if (busy) return;
    delivery.done = delivery.given;
    while (waiting[0] && !mustWait()) give(waiting.shift()!);
    moved(delivery.done);
    if (isSettled()) resume?.();
  }

  const mustWait = () => busy || !consumers[0] || delivery.isComplete;
  const isSettled = () => !busy && (!waiting[0] || delivery.isComplete);

  const delivery: Delivery = {
    done: "",
    given: "",
    isComplete: false,
    add(consumer) {
      setConsumers([...consumers, consumer]);
      // Consumers that join in one turn all receive the first event that waits.
      queueMicrotask(goOn);
      return () => {
        consumer.listener = undefined;
        setConsumers(consumers.filter((each) => each !== consumer));
        return !consumers[0];
      };
    },
    take(event) {
      if (waiting[0] || mustWait()) waiting.push(event);
      else give(event);
    },
    settled() {
      moved(delivery.done);
      return new Promise((resolve) => {
        resume = resolve;
        if (isSettled()) resolve();
      });
    },
    pass(lastEventId) {
      delivery.done = delivery.given = lastEventId;
      moved(lastEventId);
    },
    drop() {
      waiting = [];
    },
    end(failure) {
      const removed = consumers;
      setConsumers([]);
      for (const consumer of removed) {
        consumer.listener = undefined;
        consumer.end?.(failure);
      }
      return removed.some((consumer) => consumer.end);
    },
  };
  return delivery;
}
