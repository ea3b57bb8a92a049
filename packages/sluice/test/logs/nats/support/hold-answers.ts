import type { NatsConnection } from "../../../../src/logs/nats/nats-log.ts";

/** A connection whose publishes reach the server, while the answers do not all come back. */
export interface HeldAnswers {
  /** Number of entries that the server has answered. */
  readonly answered: number;
  /** Loses the answers to all entries after the next `count`, until {@link passAll}. */
  passOnly(count: number): void;
  passAll(): void;
}

/**
 * Patches a connection so that the answers to the entries of the channel "orders" can be lost after the server has
 * stored the entries.
 */
export function holdAnswers(connection: NatsConnection): HeldAnswers {
  const request = connection.request.bind(connection);
  let left = Number.POSITIVE_INFINITY;
  let answered = 0;
  connection.request = async (subject, ...more) => {
    const answer = await request(subject, ...more);
    if (!subject.startsWith("sluice.orders.")) return answer;
    answered++;
    if (left-- > 0) return answer;
    return new Promise<never>(() => undefined);
  };
  return {
    get answered() {
      return answered;
    },
    passOnly(count) {
      left = count;
    },
    passAll() {
      left = Number.POSITIVE_INFINITY;
    },
  };
}
