import { headers } from "@nats-io/transport-node";
import type { NatsConnection } from "../../../../src/logs/nats/nats-log.ts";

/**
 * Patches a connection: its first `count` requests for messages find none. So do requests to a server that is behind
 * the stream's leader. Returns a function that returns the number of requests so far.
 */
export function lateConsumers(connection: NatsConnection, count: number): () => number {
  const publish = connection.publish.bind(connection);
  let requests = 0;
  connection.publish = (subject, data, options) => {
    const isLate = subject.startsWith("$JS.API.CONSUMER.MSG.NEXT.") && requests++ < count;
    if (!isLate) return publish(subject, data, options);
    publish(options?.reply as string, undefined, { headers: headers(404, "No Messages") });
  };
  return () => requests;
}
