import type { Log } from "../log.ts";
import type { MemoryStore } from "./memory-store.ts";

/**
 * Returns a log that keeps events in this process's memory: the default log. `publish` resolves as soon as the event is
 * in this process. A restart begins a new epoch, so a subscriber that resumes after it receives a gap.
 */
export function memoryLog(): Log {
  let store: MemoryStore | undefined;
  return {
    shared: false,
    // Bundlers give the functions of each copy of the package another source text.
    toJSON: () => ({ in: "memory" }),
    async open(channel, { retain }) {
      const { MemoryStore } = await import("./memory-store.ts");
      store ??= new MemoryStore();
      return store.open(channel, retain);
    },
    close: async () => store?.close(),
  };
}
