import type { ChannelLog, TailListener } from "../../log.ts";
import type { LogView } from "./log-view.ts";

/** The part of a shared {@link ChannelLog} that only reads this process's view of the log. Subclasses add the store. */
export abstract class SharedChannelLog
  implements Pick<ChannelLog, "epoch" | "first" | "last" | "lostAfter" | "holds" | "wasDeleted" | "tail">
{
  protected abstract get view(): LogView;

  get epoch(): string {
    return this.view.epoch;
  }

  get first(): number {
    return this.view.first;
  }

  get last(): number {
    return this.view.last;
  }

  get lostAfter(): number {
    return this.view.lostAfter;
  }

  wasDeleted(epoch: string): boolean | Promise<boolean> {
    return this.view.wasDeleted(epoch);
  }

  /** See {@link TailListener.taken}. */
  taken(): Promise<void> | undefined {
    return this.view.taken();
  }

  holds(epoch: string): number | undefined {
    return this.view.holds(epoch);
  }

  tail(listener: TailListener): () => void {
    return this.view.tail(listener);
  }
}
