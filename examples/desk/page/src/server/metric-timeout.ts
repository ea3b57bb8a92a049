import type { LiveStream } from "../streams/live-stream.ts";
import type { ServerHealth } from "./server-health.ts";

/** A metric arrives every second. If the leader process dies, another needs some seconds to take over. */
const METRIC_TIMEOUT_MS = 6_000;

/** Checks the server's health if the dashboard is open but receives no metric, for example because the log is down. */
export function startMetricTimeout(dashboard: LiveStream, health: ServerHealth): void {
  let timer: number | undefined;
  const restart = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      if (dashboard.state === "open") void health.check();
    }, METRIC_TIMEOUT_MS);
  };
  dashboard.addEventListener("opened", restart);
  dashboard.on("metric", restart);
}
