import type { LiveStream } from "../streams/live-stream.ts";
import type { Presence } from "./presence.ts";

/** Figures come every second; when the process that sums them up dies, another one needs some seconds to take over. */
const LONGEST_SILENCE_MS = 6_000;

/** Asks what is wrong when the server's figures stop to come though their stream is open, as when its log does not answer. */
export function startPulse(figures: LiveStream, presence: Presence): void {
  let timer: number | undefined;
  const expect = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => {
      if (figures.state === "open") void presence.check();
    }, LONGEST_SILENCE_MS);
  };
  figures.addEventListener("opened", expect);
  figures.on("metric", expect);
}
