import type { ChannelLog } from "../log.ts";
import type { LogView } from "./log-view.ts";

/** What every log that is shared says of itself: what this process knows of it. The rest of {@link ChannelLog} is up to what keeps it. */
export abstract class ChannelLogView implements Pick<ChannelLog, "epoch" | "first" | "last" | "lostAfter" | "holds"> {
  protected abstract get known(): LogView;

  get epoch(): string {
    return this.known.epoch;
  }

  get first(): number {
    return this.known.first;
  }

  get last(): number {
    return this.known.last;
  }

  get lostAfter(): number {
    return this.known.lostAfter;
  }

  holds(epoch: string): number | undefined {
    return this.known.holds(epoch);
  }
}
