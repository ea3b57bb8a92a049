import type { ChannelLog, Log } from "../log.ts";

/**
 * Returns a log that keeps events in this process's memory: the default log. `publish` resolves as soon as the event is
 * in this process. A restart begins a new epoch, so a subscriber that resumes after it receives a gap.
 */
export function memoryLog(): Log {
  const opened = new Set<ChannelLog>();
  return {
    shared: false,
    async open(_channel, { retain }) {
      const { MemoryChannelLog } = await import("./memory-channel-log.ts");
      const log = new MemoryChannelLog(retain);
      opened.add(log);
      return log;
    },
    async close() {
      for (const log of opened) await log.close();
      opened.clear();
    },
  };
}
