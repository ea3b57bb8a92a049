import type { StreamConfig } from "@nats-io/jetstream";
import { apiCode, STREAM_NAME_IN_USE } from "../connection/nats-errors.ts";
import type { NatsLink } from "../connection/nats-link.ts";

/** How NATS stores a stream. Applies when a stream is created. */
export interface StreamStorage {
  readonly storage: "file" | "memory";
  readonly num_replicas: number;
}

/**
 * Creates a stream that drops its oldest messages at its limits. Leaves an existing stream with other options as it is.
 */
export async function addStream(
  link: NatsLink,
  config: StreamStorage & Partial<StreamConfig> & Pick<StreamConfig, "name" | "subjects">,
): Promise<void> {
  try {
    await link.session.jsm.streams.add({ ...config, discard: "old" });
  } catch (error) {
    // Another process created it with other options.
    if (apiCode(error) !== STREAM_NAME_IN_USE) throw error;
  }
}
