import type { Position } from "../../../base/position.ts";
import type { LogEntry } from "../../log.ts";
import { parseEntry } from "../../shared/entry-text.ts";
import type { LogView } from "../../shared/view/log-view.ts";
import type { ChannelKeys } from "../channel-keys.ts";
import type { RedisChannelLife } from "../life/redis-channel-life.ts";
import type { FollowedPage } from "./catch-up.ts";
import type { StreamEntry, TailedChannel } from "./named-read.ts";
import { receiveTexts } from "./receive-entries.ts";

/** Parts of a {@link TailedLog}. */
export interface TailedLogParts {
  readonly life: RedisChannelLife;
  /** Called when the tail brings something: this process has seen Redis. */
  saw(): void;
  /** Called if the tail brings something of another life, or of another program: the life must be looked up. */
  lookUp(): void;
}

/** A channel's log as the tail reads it. */
export class TailedLog implements TailedChannel {
  readonly #parts: TailedLogParts;
  /** ID of the newest entry that is not part of the log, as far as this process knows. The tail reads on after it. */
  #ignored: string | undefined;

  constructor(parts: TailedLogParts) {
    this.#parts = parts;
  }

  get keys(): ChannelKeys {
    return this.#parts.life.keys;
  }

  get epoch(): string {
    return this.#view.epoch;
  }

  get received(): number {
    return this.#view.received;
  }

  get isMidAppend(): boolean {
    return this.#view.isMidAppend;
  }

  get readAfter(): string {
    return this.#ignored ?? `${this.received}-0`;
  }

  taken(): Promise<void> | undefined {
    return this.#view.taken();
  }

  hasReceived({ epoch, offset }: Position): boolean {
    return epoch === this.epoch && offset <= this.received;
  }

  receive(entries: readonly StreamEntry[]): boolean {
    this.#parts.saw();
    const added: LogEntry[] = [];
    for (const [id, [epoch, text]] of entries) {
      const offset = Number.parseInt(id, 10);
      const isOurs = epoch === this.epoch && id.endsWith("-0");
      if (isOurs && offset <= this.received) continue;
      if (!isOurs) {
        // The entry begins another life, or another program wrote it. Look up the life; then read on from `readAfter`.
        this.#view.receive(added);
        this.#ignored = entries[entries.length - 1]![0];
        this.#parts.lookUp();
        return false;
      }
      added.push(parseEntry(offset, text));
    }
    this.#view.receive(added);
    return added.length > 0;
  }

  receivePage(page: FollowedPage, asked: Position): boolean {
    this.#parts.saw();
    if (page.epoch === asked.epoch && page.epoch === this.epoch) return receiveTexts(this.#view, asked.offset, page);
    // The log began another life. Look it up; then read on from its `last`.
    if (page.epoch !== this.epoch) this.#parts.lookUp();
    return false;
  }

  /** Ends the wait for a look at the life. Returns true if the tail must read on from another entry. */
  lookedUp(): boolean {
    const hasIgnored = this.#ignored !== undefined;
    this.#ignored = undefined;
    return hasIgnored;
  }

  get #view(): LogView {
    return this.#parts.life.view;
  }
}
