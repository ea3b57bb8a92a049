import { jetstream } from "@nats-io/jetstream";
import type { NewEntry } from "../../../../src/logs/log.ts";
import { batchMessageId } from "../../../../src/logs/nats/batch/batch-part.ts";
import type { NatsConnection } from "../../../../src/logs/nats/nats-log.ts";
import { entryText } from "../../../../src/logs/shared/entry-text.ts";
import { subjectsOf } from "./subjects-of.ts";

/** A publisher of the channel "orders" that sends the messages of a batch one by one, and so can stop in the middle. */
export class BatchMessages {
  readonly #connection: NatsConnection;
  readonly #name: string;
  readonly #entries: readonly NewEntry[];
  #sent = 0;

  constructor(connection: NatsConnection, name: string, entries: readonly NewEntry[]) {
    this.#connection = connection;
    this.#name = name;
    this.#entries = entries;
  }

  /** Sends the next messages. Rejects if the server refuses one. */
  async send(count: number): Promise<void> {
    const subjects = await subjectsOf(this.#connection, "orders");
    for (let i = 0; i < count; i++) {
      const entry = this.#entries[this.#sent]!;
      const part = { batch: this.#name, index: ++this.#sent, size: this.#entries.length };
      await jetstream(this.#connection).publish(
        entry.id === undefined ? subjects.event : subjects.ofId(entry.id),
        entryText(entry, Date.now()),
        {
          msgID: batchMessageId(part),
          expect: {
            ...(part.index > 1 && { lastMsgID: batchMessageId({ ...part, index: part.index - 1 }) }),
            ...(entry.id !== undefined && { lastSubjectSequence: 0 }),
          },
        },
      );
    }
  }
}
