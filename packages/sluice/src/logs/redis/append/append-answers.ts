import { SluiceError } from "../../../base/errors/sluice-error.ts";
import type { Position } from "../../../base/position.ts";
import type { RedisChannelLife } from "../life/redis-channel-life.ts";
import type { AppendCall } from "./append-call.ts";

/** Receives what follows from the answers of the append script. */
export interface AnswersListener {
  /** Redis went back in time: look up the life, and read on. */
  sync(): void;
  /** The log has entries that this process does not know yet. */
  hurry(): void;
  /** This process has seen something of Redis. */
  saw(): void;
}

/** Applies the answers of the append script to the view of a log, in the order of the calls. */
export class AppendAnswers {
  readonly #life: RedisChannelLife;
  readonly #listener: AnswersListener;
  /** End of the log after the newest append that Redis answered. */
  #answered: Position = { epoch: "", offset: 0 };

  constructor(life: RedisChannelLife, listener: AnswersListener) {
    this.#life = life;
    this.#listener = listener;
  }

  /**
   * Records the answer to a call that was sent in an epoch. Returns the offsets of each append. Throws if Redis has
   * lost the entries since.
   */
  record(call: AppendCall, epoch: string, answer: readonly number[]): readonly (readonly number[])[] {
    this.#listener.saw();
    const { view } = this.#life;
    const [first, before, last, time, ...refused] = answer;
    const { offsets, added } = call.outcome(before!, time!, refused);
    const isBehind = this.#answered.epoch === epoch && before! < this.#answered.offset;
    this.#answered = { epoch, offset: last! };
    if (isBehind) {
      // Redis runs the calls of a process in order. It went back in time after the call before this one.
      if (epoch === view.epoch) this.#life.distrust();
      this.#listener.sync();
      throw lostAppend(view.wasDeleted(epoch));
    }
    if (epoch === view.epoch) {
      view.appended(added);
      if (view.last < last!) this.#listener.hurry();
      view.trimmed(first!);
    } else if ((view.holds(epoch) ?? 0) < last!) {
      // The log began a new life after the append, and the new life lacks some of the entries.
      throw lostAppend(view.wasDeleted(epoch));
    }
    // `last` also covers entries that the log already had by their own ID, and entries of the previous life.
    view.acknowledged(last!);
    return offsets;
  }
}

function lostAppend(wasDeleted: boolean): SluiceError {
  const reason = wasDeleted ? "The channel was deleted" : "Redis was emptied or set back in time";
  const message = `${reason}, and lost the events just appended. Publish them again.`;
  return new SluiceError("LOG_FAILED", message);
}
