import type { FollowedJob } from "./job-progress.ts";
import type { TerminalType } from "./terminal-type.ts";

/** How a job is doing. */
export interface JobState<Progress, Result> {
  readonly id: string;
  readonly state: "running" | "completed" | "failed" | "cancelled";
  /** What it last said. */
  readonly progress: Progress | undefined;
  readonly result: Result | undefined;
  readonly startedAt: Date;
  /** Whose it is; absent: anybody's. */
  readonly user: string | undefined;
}

/** A job of this process. */
export class Job<Progress, Result> implements FollowedJob {
  readonly id: string;
  /** Tells it apart from one that had the same ID before. */
  readonly run: string = crypto.randomUUID();
  readonly user: string | undefined;
  readonly startedAt: Date = new Date();
  state: JobState<Progress, Result>["state"] = "running";
  progress: Progress | undefined;
  result: Result | undefined;
  outcome: FollowedJob["outcome"];
  readonly #controller = new AbortController();

  constructor(id: string, user: string | undefined) {
    this.id = id;
    this.user = user;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  get isOver(): boolean {
    return this.state !== "running";
  }

  /** As users see it. */
  describe(): JobState<Progress, Result> {
    const { id, state, progress, result, startedAt, user } = this;
    return { id, state, progress, result, startedAt, user };
  }

  /** It is over, and what followers are told of that has this event ID. */
  end(state: TerminalType, data: unknown, eventId: Promise<string>): void {
    this.state = state;
    this.result = state === "completed" ? (data as Result) : undefined;
    this.outcome = { data, eventId };
  }

  abort(why: string): void {
    this.#controller.abort(new DOMException(why, "AbortError"));
  }
}
