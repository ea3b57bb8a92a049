import type { Sink } from "../../../stream/body/sink.ts";

/** A sink on Node. Its exchange notifies it when the connection closes. */
export interface NodeSink extends Sink {
  /** `reason` is `disconnected` if other code of the server ended the response or cut the connection. */
  closed(reason: "client" | "disconnected"): void;
}
