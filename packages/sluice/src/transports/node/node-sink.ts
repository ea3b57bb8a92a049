import type { Sink } from "../../stream/body/sink.ts";

/** A sink on Node. Its exchange notifies it when the connection closes. */
export interface NodeSink extends Sink {
  closed(): void;
}
