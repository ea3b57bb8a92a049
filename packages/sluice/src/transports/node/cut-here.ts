import { IS_NODE } from "./is-node.ts";
import type { NodeRequest, NodeResponse } from "./node-request.ts";

/**
 * Returns true if code of this server ended a response that has closed, or cut its connection. Node shows that for a
 * client by the end or the error that it received from it; other runtimes show neither.
 *
 * It cannot tell two cases: `stream.close(code)` with a code other than 0 on HTTP/2, and `socket.end()` on TLS, whose
 * client answers with an end of its own. Both count as the client.
 */
export function isCutHere({ socket }: NodeRequest, { writableEnded, stream }: NodeResponse): boolean {
  if (writableEnded === true) return true;
  if (!IS_NODE) return false;
  if (stream !== undefined) return stream.rstCode === 0;
  // An error without a code is one that other code passed to `destroy()`.
  return (
    socket?.readableEnded === false && (socket.errored as { code?: unknown } | null | undefined)?.code === undefined
  );
}
