import type { EventStreamOptions } from "../../../../src/client/index.ts";

/** Options of a stream that connects again within a few ms. */
export const QUICK: Pick<EventStreamOptions, "backoff" | "maxBackoff"> = { backoff: 2, maxBackoff: 8 };

/** Returns the text of an event with an ID. */
export function block(id: number | string, data: unknown = id, type = "n"): string {
  return `event: ${type}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}
