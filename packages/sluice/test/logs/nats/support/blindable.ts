import type { NatsConnection } from "../../../../src/logs/nats/nats-log.ts";

/** A connection over which a process may not notice what happens to the channel "orders". */
export interface Blindness {
  /**
   * Holds the requests that a check of the channel sends, and loses republished messages: all, or only the lives of the
   * channel.
   */
  start(lost?: "all" | "lives"): void;
  /** Sends the held requests. */
  end(): void;
}

/** The requests of a check. */
const CHECKS = ["$JS.API.STREAM.INFO.sluice_orders", "$JS.API.STREAM.MSG.GET.sluice__lives"];

/** Patches a connection so that its process can be kept from noticing deletions and new lives. */
export function blindable(connection: NatsConnection): Blindness {
  let isBlind = false;
  let losesAll = true;
  let held: (() => void)[] = [];
  const subscribe = connection.subscribe.bind(connection);
  connection.subscribe = (subject, options) => {
    const { callback } = options ?? {};
    if (!subject.startsWith("sluice_live.") || callback === undefined) return subscribe(subject, options);
    return subscribe(subject, {
      ...options,
      callback(error, message) {
        const isLife = message?.headers?.get("Nats-Stream") === "sluice__lives";
        if (!isBlind || (!losesAll && !isLife)) callback(error, message);
      },
    });
  };
  const request = connection.request.bind(connection);
  connection.request = async (subject, ...more) => {
    if (isBlind && CHECKS.includes(subject)) await new Promise<void>((resolve) => held.push(resolve));
    return request(subject, ...more);
  };
  return {
    start(lost = "all") {
      isBlind = true;
      losesAll = lost === "all";
    },
    end() {
      isBlind = false;
      for (const release of held) release();
      held = [];
    },
  };
}
