import type { Presence } from "../server/presence.ts";
import type { LiveStream } from "../streams/live-stream.ts";
import { find } from "./element.ts";
import { countOf } from "./format.ts";

/** The line in the header that says how the page is connected as a whole. */
export function startLinkState(streams: readonly LiveStream[], presence: Presence): void {
  const line = find("#link-state");
  const text = find("span:last-child", line);
  let frame = 0;
  const render = () => {
    frame = 0;
    const open = streams.filter((stream) => stream.state === "open").length;
    const waiting = streams.some(
      ({ state, finished }) => state === "connecting" || (state === "reconnecting" && !finished),
    );
    const away = presence.state !== "up";
    line.dataset.state = away ? "away" : waiting || open === 0 ? "reconnecting" : "open";
    const next = away
      ? presence.state === "no-log"
        ? "Log away"
        : "Server away"
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
  presence.addEventListener("change", renderSoon);
}
