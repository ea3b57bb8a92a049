import { jetstreamManager } from "@nats-io/jetstream";
import { namesOf, type StreamSubjects } from "../../../../src/logs/nats/channel-names.ts";
import type { NatsConnection } from "../../../../src/logs/nats/nats-log.ts";

/** Returns the subjects of the stream that a channel has now. */
export async function subjectsOf(connection: NatsConnection, channel: string): Promise<StreamSubjects> {
  const names = await namesOf("sluice", channel);
  const { config } = await (await jetstreamManager(connection)).streams.info(names.stream);
  return names.subjectsIn(config.subjects);
}
