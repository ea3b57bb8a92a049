import type { Source, SourceContext } from "../../index.ts";

/** Returns the source. If it is a function, it receives `request`, as it does on the framework's other platforms. */
export function withRequest<Sluices, Frameworks>(source: Source<Frameworks>, request: Frameworks): Source<Sluices> {
  if (typeof source !== "function") return source;
  return (context: SourceContext<Sluices>) =>
    source({
      // A getter, since `context.signal` makes the signal when it is first read.
      get signal() {
        return context.signal;
      },
      lastEventId: context.lastEventId,
      request,
    });
}
