import type { CloseReason } from "./close-reason.ts";
import type { Connection } from "./connection.ts";
import type { Report } from "./report.ts";

/** Listeners for the end of a stream, or for a request that got no stream. */
export interface EndListeners {
  readonly onClose: ((reason: CloseReason, connection: Connection | undefined) => void) | undefined;
  readonly resolve: (reason: CloseReason) => void;
}

/** Notifies the listeners. `connection` is `undefined` if the request got no stream. Reports errors of `onClose`. */
export function notifyClosed(
  { onClose, resolve }: EndListeners,
  reason: CloseReason,
  connection: Connection | undefined,
  report: Report,
): void {
  const failed = (error: unknown) => report(error, { stage: "on-close" });
  try {
    // An async function may stand where `void` is expected.
    const result: unknown = onClose?.(reason, connection);
    if (result) Promise.resolve(result).catch(failed);
  } catch (error) {
    failed(error);
  }
  resolve(reason);
}
