import { jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import type { NewEntry } from "../../../../src/logs/log.ts";
import { entryText } from "../../../../src/logs/shared/entry-text.ts";
import { subjectsOf } from "./subjects-of.ts";

/** Every entry with a multiple of this number waits until NATS has stored it, so that few are in flight. */
const WAIT_EVERY = 1_000;

/** Options of {@link appendToStream}. */
export interface AppendOptions {
  /** Number of the first entry: the offset that it receives. */
  readonly from: number;
  /** Number of the last entry. */
  readonly to: number;
  readonly entryAt: (offset: number) => NewEntry;
}

/** Appends many entries to a channel's stream, in the log's own format, without a message ID or an answer for each. */
export async function appendToStream(servers: string, channel: string, options: AppendOptions): Promise<void> {
  const { from, to, entryAt } = options;
  const connection = await connect({ servers });
  const { event: subject } = await subjectsOf(connection, channel);
  const stream = jetstream(connection);
  const time = Date.now();
  for (let offset = from; offset <= to; offset++) {
    const text = entryText(entryAt(offset), time);
    if (offset % WAIT_EVERY === 0 || offset === to) await stream.publish(subject, text);
    else connection.publish(subject, text);
  }
  await connection.close();
}
