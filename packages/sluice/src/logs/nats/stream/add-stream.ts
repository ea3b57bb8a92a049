import type { StreamConfig } from "@nats-io/jetstream";
import { sleep } from "../../../base/time/timers.ts";
import { apiCode, STREAM_NAME_IN_USE, STREAM_NOT_FOUND, SUBJECTS_OVERLAP } from "../connection/nats-errors.ts";
import type { NatsLink } from "../connection/nats-link.ts";
import { refusedStream } from "./refused-stream.ts";
import type { Replicas } from "./replicas.ts";
import type { Republishing } from "./republishing.ts";

/** Looks at a stream that another process seems to create, and the pause between two. */
const MAX_LOOKS = 5;
const LOOK_PAUSE_MS = 40;

/** How NATS stores a stream. */
export interface StreamStorage {
  /** Applies when a stream is created. */
  readonly kind: "file" | "memory";
  readonly replicas: Replicas;
  readonly republishing: Republishing;
}

/**
 * Creates a stream that drops its oldest messages at its limits. Leaves an existing stream with other options as it is.
 */
export async function addStream(
  link: NatsLink,
  { kind, replicas }: StreamStorage,
  config: Partial<StreamConfig> & Pick<StreamConfig, "name" | "subjects">,
): Promise<void> {
  try {
    await replicas.create((num_replicas) =>
      link.session.jsm.streams.add({ ...config, storage: kind, num_replicas, discard: "old" }),
    );
  } catch (error) {
    // Another process created it with other options.
    if (apiCode(error) === STREAM_NAME_IN_USE) return;
    // nats-server 2.9 also answers so while another process creates this very stream.
    if (apiCode(error) === SUBJECTS_OVERLAP && (await appears(link, config.name))) return;
    throw refusedStream(error, { max_bytes: -1, ...config });
  }
}

/** Looks for a stream a few times. Returns true if it exists. */
async function appears(link: NatsLink, name: string): Promise<boolean> {
  for (let look = 0; look < MAX_LOOKS; look++) {
    try {
      await link.session.jsm.streams.info(name);
      return true;
    } catch (error) {
      if (apiCode(error) !== STREAM_NOT_FOUND) throw error;
    }
    await sleep(LOOK_PAUSE_MS);
  }
  return false;
}
