import type { NatsConnection } from "../../../../src/logs/nats/nats-log.ts";

/** A connection over which a process may not notice what happens to the channel "orders". */
export interface Blindness {
  /** Loses republished messages, and holds the requests that a check of the channel sends. */
  start(): void;
  /** Sends the held requests. */
  end(): void;
}

/** The requests of a check. */
const CHECKS = ["$JS.API.STREAM.INFO.sluice_orders", "$JS.API.STREAM.MSG.GET.sluice__lives"];

/** Patches a connection so that its process can be kept from noticing deletions and new lives. */
export function blindable(connection: NatsConnection): Blindness {
  let isBlind = false;
  let held: (() => void)[] = [];
  const subscribe = connection.subscribe.bind(connection);
  connection.subscribe = (subject, options) => {
    const { callback } = options ?? {};
    if (!subject.startsWith("sluice_live.") || callback === undefined) return subscribe(subject, options);
    return subscribe(subject, {
      ...options,
      callback(error, message) {
        if (!isBlind) callback(error, message);
      },
    });
  };
  const request = connection.request.bind(connection);
  connection.request = async (subject, ...more) => {
    if (isBlind && CHECKS.includes(subject)) await new Promise<void>((resolve) => held.push(resolve));
    return request(subject, ...more);
  };
  return {
    start() {
      isBlind = true;
    },
    end() {
      isBlind = false;
      for (const release of held) release();
      held = [];
    },
  };
}
