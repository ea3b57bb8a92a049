import type { DeskStream } from "../streams/desk-stream.ts";
import type { ServerHealth } from "./server-health.ts";

/** A metric arrives every second. If the leader process dies, another needs some seconds to take over. */
const METRIC_TIMEOUT_MS = 6_000;

/** Checks the server's health if the stream is open but receives no metric, for example because the log is down. */
export function startMetricTimeout(stream: DeskStream, health: ServerHealth): void {
  let timer: number | undefined;
  const restart = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      if (stream.state === "open") void health.check();
    }, METRIC_TIMEOUT_MS);
  };
  stream.addEventListener("opened", restart);
  stream.dashboard.on("metric", restart);
}
