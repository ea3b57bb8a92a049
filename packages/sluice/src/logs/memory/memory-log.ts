import type { ChannelLog, Log } from "../log.ts";

/**
 * Keeps events in this process's memory: the default log. `publish` resolves when the event is in this process; a restart
 * begins a new epoch, which a subscriber that resumes is told as a gap.
 */
export function memoryLog(): Log {
  const opened = new Set<ChannelLog>();
  return {
    shared: false,
    async open(_channel, { retain }) {
      const { MemoryChannelLog } = await import("./memory-channel.ts");
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
