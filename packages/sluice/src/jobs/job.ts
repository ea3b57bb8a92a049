import type { TerminalType } from "./job-events.ts";

/** State of a job. */
export interface JobState<Progress, Result> {
  readonly id: string;
  readonly state: "running" | "completed" | "failed" | "cancelled";
  /** The newest progress; `undefined` before the first. */
  readonly progress: Progress | undefined;
  /** The job's return value; `undefined` unless the job is completed. */
  readonly result: Result | undefined;
  readonly startedAt: Date;
  /** The user who may follow the job; `undefined` if everybody may. */
  readonly user: string | undefined;
}

/** End of a job, as its followers receive it. */
export interface JobOutcome {
  /** Data of the terminal event. */
  readonly data: unknown;
  /** Event ID of the terminal event. Pending until the log has the event. */
  readonly eventId: Promise<string>;
}

/** A job as its followers see it, whichever process runs it. */
export interface FollowedJob {
  readonly id: string;
  readonly user?: string | undefined;
  readonly state: JobState<unknown, unknown>["state"];
  readonly progress: unknown;
  /** `undefined` while the job runs. */
  readonly outcome: JobOutcome | undefined;
}

/** A job that this process runs or ran. */
export class Job implements FollowedJob {
  readonly id: string;
  /** Distinguishes this job from an earlier or later one with the same ID. */
  readonly run: string = crypto.randomUUID();
  readonly user: string | undefined;
  readonly startedAt: Date = new Date();
  progress: unknown;
  #state: JobState<unknown, unknown>["state"] = "running";
  #result: unknown;
  #outcome: JobOutcome | undefined;
  readonly #controller = new AbortController();

  constructor(id: string, user: string | undefined) {
    this.id = id;
    this.user = user;
  }

  get state(): JobState<unknown, unknown>["state"] {
    return this.#state;
  }

  get outcome(): JobOutcome | undefined {
    return this.#outcome;
  }

  get isOver(): boolean {
    return this.#state !== "running";
  }

  /** Aborts when the job is cancelled, or when another process ends it. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Returns the state that `jobs.get()` shows. */
  describe(): JobState<unknown, unknown> {
    const { id, state, progress, startedAt, user } = this;
    return { id, state, progress, result: this.#result, startedAt, user };
  }

  /** Records how the job ended. `eventId` is the event ID of its terminal event. */
  end(state: TerminalType, data: unknown, eventId: Promise<string>): void {
    this.#state = state;
    this.#result = state === "completed" ? data : undefined;
    // Every event has data: `null` stands for a job that returns nothing.
    this.#outcome = { data: data ?? null, eventId };
  }

  abort(message: string): void {
    this.#controller.abort(new DOMException(message, "AbortError"));
  }
}
