import type { ServerHealth } from "../server/server-health.ts";
import type { LiveStream } from "../streams/live-stream.ts";
import { find } from "./element.ts";
import { countOf } from "./format.ts";

/** Shows in the header whether the page as a whole is connected. */
export function startConnectionState(streams: readonly LiveStream[], health: ServerHealth): void {
  const line = find("#connection-state");
  const text = find("span:last-child", line);
  let frame = 0;
  const render = () => {
    frame = 0;
    const open = streams.filter((stream) => stream.state === "open").length;
    const waiting = streams.some(({ state }) => state === "connecting" || state === "reconnecting");
    const isDown = health.state !== "up";
    line.dataset.state = isDown ? "unreachable" : waiting || open === 0 ? "reconnecting" : "open";
    const next = isDown
      ? health.state === "no-log"
        ? "Log unreachable"
        : "Unreachable"
      : open === 0
        ? waiting
          ? "Connecting"
          : "Not connected"
        : `Live · ${countOf(open, "stream")}`;
    if (text.textContent !== next) text.textContent = next;
  };
  const renderSoon = () => {
    if (frame === 0) frame = requestAnimationFrame(render);
  };
  for (const stream of streams) stream.addEventListener("change", renderSoon);
  health.addEventListener("change", renderSoon);
}
