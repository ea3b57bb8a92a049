import { sleep } from "../../../../src/base/time/timers.ts";
import type { ChannelLog } from "../../../../src/logs/log.ts";
import { entry } from "./use-nats.ts";

/** A publisher that runs until it is stopped. */
export interface Publisher {
  /** The number that was acknowledged at each offset. */
  readonly acknowledged: ReadonlyMap<number, number>;
  stop(): Promise<void>;
}

/** Publishes the numbers from `from`, three at a time, and publishes none again. */
export function publishUntilStopped(channel: ChannelLog, from = 0): Publisher {
  const acknowledged = new Map<number, number>();
  let isStopped = false;
  let n = from;
  const run = async () => {
    while (!isStopped) {
      const numbers = [n++, n++, n++];
      await Promise.all(
        numbers.map(async (number) => {
          const offsets = await channel.append([entry(number)]).catch(() => []);
          if (offsets.length > 0) acknowledged.set(offsets[0] as number, number);
        }),
      );
      await sleep(1);
    }
  };
  const done = run();
  return {
    acknowledged,
    stop: async () => {
      isStopped = true;
      await done;
    },
  };
}
