import type { NatsConnection } from "../../../../src/logs/nats/nats-log.ts";

/** A connection whose republished messages do not all arrive. */
export interface LossyFeed {
  /** Returns true if the message with this number is lost. By default none is. */
  isLost: (sequence: number) => boolean;
  /** Delivers the newest republished message once more. */
  repeat(): void;
}

/** Patches a connection so that messages that the server republishes can be lost, or arrive twice. */
export function lossyFeed(connection: NatsConnection): LossyFeed {
  const subscribe = connection.subscribe.bind(connection);
  const feed: LossyFeed = { isLost: () => false, repeat: () => undefined };
  connection.subscribe = (subject, options) => {
    const { callback } = options ?? {};
    if (!subject.startsWith("sluice_live.") || callback === undefined) return subscribe(subject, options);
    return subscribe(subject, {
      ...options,
      callback: (error, message) => {
        if (error === null && feed.isLost(Number(message.headers?.get("Nats-Sequence")))) return;
        feed.repeat = () => void callback(error, message);
        callback(error, message);
      },
    });
  };
  return feed;
}
