import type { NatsLink } from "../connection/nats-link.ts";
import { nanos } from "../nanos.ts";

/** Options of {@link addConsumer}. */
export interface ConsumerOptions {
  /** Number of the first message to deliver. */
  readonly next: number;
  /** The server deletes the consumer after this time without a reader, in ms. */
  readonly inactiveMs: number;
  /** If given, the server pushes messages to the subject `inbox`, with a heartbeat while the stream is idle. */
  readonly push?: { readonly inbox: string; readonly heartbeatMs: number };
}

/**
 * Creates a consumer that delivers each message once, without acknowledgement, and exists only in one server's memory.
 * Returns its name.
 */
export async function addConsumer(
  link: NatsLink,
  stream: string,
  { next, inactiveMs, push }: ConsumerOptions,
): Promise<string> {
  const { name } = await link.session.jsm.consumers.add(stream, {
    ...(push === undefined
      ? {}
      : { deliver_subject: push.inbox, flow_control: true, idle_heartbeat: nanos(push.heartbeatMs) }),
    deliver_policy: "by_start_sequence",
    opt_start_seq: next,
    ack_policy: "none",
    replay_policy: "instant",
    max_deliver: 1,
    inactive_threshold: nanos(inactiveMs),
    num_replicas: 1,
    mem_storage: true,
  });
  return name;
}

/** Deletes a consumer in the background. If this fails, the server deletes the consumer once it is inactive. */
export function deleteConsumer(link: NatsLink, stream: string, name: string): void {
  if (link.identity !== undefined) link.session.jsm.consumers.delete(stream, name).catch(() => {});
}
