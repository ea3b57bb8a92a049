import { newEpoch } from "../../shared/life/epoch.ts";
import type { Life } from "../../shared/life/life.ts";
import type { ChannelNames } from "../channel-names.ts";
import type { FoundStream, NatsStream } from "../stream/nats-stream.ts";
import type { NatsLives, StoredLife } from "./nats-lives.ts";

/** The channel whose life begins. */
export interface BeginningChannel {
  readonly lives: NatsLives;
  readonly stream: NatsStream;
  readonly names: ChannelNames;
}

/**
 * Creates the stream of a channel, with subjects that no earlier stream of the channel had. After the loss of a stream,
 * the epoch of its last life sets them apart. Before the first life, the first process that writes a part decides.
 */
export async function createStream(
  { lives, stream, names }: BeginningChannel,
  { life, creating, sequence }: StoredLife,
): Promise<void> {
  const part = life?.epoch ?? creating ?? newEpoch();
  const isAgreed = sequence > 0 || (await lives.write(names.token, { creating: part }, sequence));
  if (isAgreed) await stream.create(part);
}

/**
 * Writes a life that begins now. Resolves to false if another process was first. The stream must exist after the old
 * life was read: a process with an answer from before a deletion would end the next life.
 */
export async function beginLife(
  { lives, stream, names }: BeginningChannel,
  life: Life,
  { created }: FoundStream,
  { sequence }: StoredLife,
): Promise<boolean> {
  if ((await stream.find())?.created !== created) return false;
  return lives.write(names.token, life, sequence);
}
