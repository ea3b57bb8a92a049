import { type AsyncContext, currentContext } from "../base/context/async-context.ts";
import type { Jsonify } from "../channel/event/jsonify.ts";
import type { DataText } from "../channel/publish/new-entry.ts";
import type { TerminalType } from "./job-events.ts";
import type { NewJob } from "./new-job.ts";

/** State of a job. */
export interface JobState<Progress, Result> {
  readonly id: string;
  readonly state: "running" | "completed" | "failed" | "cancelled";
  /**
   * A copy of the newest progress, as JSON returns it. `undefined` before the first, and if it was forgotten because of
   * `maxBytes`.
   */
  readonly progress: Progress | undefined;
  /**
   * A copy of the job's return value, as JSON returns it; `null` if there is none. `undefined` unless the job is
   * completed.
   */
  readonly result: Result | undefined;
  readonly startedAt: Date;
  /** The user who knows the job; `undefined` if everybody knows it. */
  readonly user: string | undefined;
}

/** The result of a job as JSON keeps it: `null` if the job returns nothing. */
export type JobResult<Result> = Jsonify<Result> | (undefined extends Result ? null : never);

/** The terminal event of a run. */
export interface JobEnd {
  readonly type: TerminalType;
  readonly data: DataText;
}

/** End of a job, as its followers receive it. */
export interface JobOutcome {
  /** Data of the terminal event. */
  readonly data: DataText;
  /** Event ID of the terminal event. Pending until the log has the event. */
  readonly eventId: Promise<string>;
}

/** A job as its followers see it, whichever process runs it. */
export interface FollowedJob {
  readonly id: string;
  /** Distinguishes jobs that had the same ID one after another. */
  readonly run: string;
  readonly user?: string | undefined;
  readonly state: JobState<unknown, unknown>["state"];
  /** The newest progress. Text, so that a caller cannot change it afterwards. */
  readonly progress: DataText | undefined;
  /** `undefined` while the job runs. */
  readonly outcome: JobOutcome | undefined;
}

/** Returns the value that data stands for, as a new object. Returns `undefined` for JSON that another program broke. */
export function parseData(data: DataText | undefined): unknown {
  if (data?.json !== true) return data?.text;
  try {
    return JSON.parse(data.text);
  } catch {
    return undefined;
  }
}

/** Returns the data of the end of a job that has no result. */
export function messageData(message: string): DataText {
  return { text: JSON.stringify({ message }), json: true };
}

/** A job that this process runs or ran. */
export class Job implements FollowedJob {
  readonly id: string;
  /** Distinguishes this job from an earlier or later one with the same ID. */
  readonly run: string = crypto.randomUUID();
  readonly user: string | undefined;
  readonly startedAt: Date;
  progress: DataText | undefined;
  #end: JobEnd | undefined;
  #outcome: JobOutcome | undefined;
  /** Aborts its signal, in the async context in which it was started; `undefined` once its function has settled. */
  #life: { readonly controller: AbortController; readonly context: AsyncContext } | undefined = {
    controller: new AbortController(),
    context: currentContext(),
  };

  constructor({ id, user, startedAt }: NewJob) {
    this.id = id;
    this.user = user;
    this.startedAt = startedAt;
  }

  get state(): JobState<unknown, unknown>["state"] {
    return this.#end?.type ?? "running";
  }

  get outcome(): JobOutcome | undefined {
    return this.#outcome;
  }

  get isOver(): boolean {
    return this.#end !== undefined;
  }

  /** The terminal event; `undefined` while the job runs. */
  get terminal(): JobEnd | undefined {
    return this.#end;
  }

  /** Aborts when the job is cancelled, or when another process ends it. `undefined` once its function has settled. */
  get signal(): AbortSignal | undefined {
    return this.#life?.controller.signal;
  }

  /** Returns the state that `jobs.get()` shows. */
  describe(): JobState<unknown, unknown> {
    return describeJob(this);
  }

  /** Records how the job ended. `eventId` is the event ID of its terminal event. */
  end(end: JobEnd, eventId: Promise<string>): void {
    this.#end = end;
    this.#outcome = { data: end.data, eventId };
  }

  /** Aborts the signal in the async context in which the job was started: another request may cancel it. */
  abort(message: string): void {
    const error = new DOMException(message, "AbortError");
    this.#life?.context.runInAsyncScope(() => this.#life?.controller.abort(error));
  }

  /** Notes that the job's function has settled. The job is kept for long, and must not keep its signal or context. */
  settled(): void {
    this.#life = undefined;
  }
}

/** Returns the state that `jobs.get()` shows of a job. */
export function describeJob(job: FollowedJob & { readonly startedAt: Date | number }): JobState<unknown, unknown> {
  const { id, state, progress, outcome, startedAt, user } = job;
  const result = state === "completed" ? parseData(outcome?.data) : undefined;
  return { id, state, progress: parseData(progress), result, startedAt: new Date(startedAt), user };
}
