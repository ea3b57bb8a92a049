import type { Status } from "../../../wire/dashboard.ts";
import type { DeskStream } from "../streams/desk-stream.ts";
import type { ServerHealth } from "./server-health.ts";

/** A metric arrives every second. If the leader process dies, another needs some seconds to take over. */
const METRIC_TIMEOUT_MS = 6_000;

/**
 * Checks the server's health when the server says that it is about to stop, and if the stream is open but receives no
 * metric, for example because the log is down.
 */
export function startHealthChecks(stream: DeskStream, health: ServerHealth): void {
  let timer: number | undefined;
  const restart = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      if (stream.state === "open") void health.check();
    }, METRIC_TIMEOUT_MS);
  };
  stream.addEventListener("opened", restart);
  stream.dashboard.on("metric", restart);
  stream.dashboard.on<Status>("status", (status) => {
    if (status.component === "server" && status.state === "draining") void health.check();
  });
}
