import type { Log } from "../log.ts";
import type { MemoryChannelLog } from "./memory-channel-log.ts";

/**
 * Returns a log that keeps events in this process's memory: the default log. `publish` resolves as soon as the event is
 * in this process. A restart begins a new epoch, so a subscriber that resumes after it receives a gap.
 */
export function memoryLog(): Log {
  const opened = new Map<MemoryChannelLog, string>();
  return {
    shared: false,
    // Bundlers give the functions of each copy of the package another source text.
    toJSON: () => ({ in: "memory" }),
    async open(channel, { retain }) {
      const { openMemoryChannel } = await import("./memory-channel-log.ts");
      return openMemoryChannel(opened, channel, retain);
    },
    async close() {
      for (const log of opened.keys()) await log.close();
      opened.clear();
    },
  };
}
