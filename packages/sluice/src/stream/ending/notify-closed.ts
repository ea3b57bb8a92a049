import { callGuarded } from "../../base/errors/guard.ts";
import type { CloseReason } from "../close-reason.ts";
import type { Connection } from "../connection.ts";
import type { Report } from "../report.ts";

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
  if (onClose !== undefined) callGuarded(onClose, (error) => report(error, { stage: "on-close" }), reason, connection);
  resolve(reason);
}
