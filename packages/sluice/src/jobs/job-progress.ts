import { show } from "../base/checks/check-option.ts";
import { SluiceError } from "../base/errors/sluice-error.ts";
import type { Channel } from "../channel/channel.ts";
import type { Feed, FeedSource, SourceContext } from "../stream/feed.ts";
import { SourceFeed } from "../stream/source/source-feed.ts";
import { SseItem } from "../stream/source/sse-item.ts";
import type { StreamHub } from "../stream/stream-hub.ts";
import type { FollowedJob, JobOutcome } from "./job.ts";
import { isTerminal, TERMINAL_TYPES } from "./job-events.ts";
import { isKnownTo } from "./new-job.ts";
import type { JobRegistry } from "./registry/job-registry.ts";
import { endId } from "./registry/job-table.ts";

interface JobProgressSetup {
  readonly hub: StreamHub;
  readonly channel: Channel;
  readonly registry: JobRegistry;
  /** The job's ID. */
  readonly id: string;
  /** The user who follows the job. */
  readonly user: string | undefined;
}

/** The types that followers of a job receive. */
const FOLLOWED_TYPES = ["progress", ...TERMINAL_TYPES] as const;

/** The source of a job's stream. The stream ends after the terminal event; a reconnect from there gets 204. */
export class JobProgress implements FeedSource {
  readonly #hub: StreamHub;
  readonly #channel: Channel;
  readonly #registry: JobRegistry;
  readonly #id: string;
  readonly #user: string | undefined;

  constructor({ hub, channel, registry, id, user }: JobProgressSetup) {
    this.#hub = hub;
    this.#channel = channel;
    this.#registry = registry;
    this.#id = id;
    this.#user = user;
  }

  /** @internal Called by `stream` and `response`. Throws `UNKNOWN_JOB`, or rejects with it. */
  openFeed(context: SourceContext): Feed | null | Promise<Feed | null> {
    const synced = this.#sync(context);
    return synced === undefined ? this.#open(context) : synced.then(() => this.#open(context));
  }

  /** Asks the log if another process may have started the job, or, for a follower that resumes, ended it. */
  #sync({ lastEventId }: SourceContext): Promise<void> | undefined {
    const needsLog = lastEventId !== undefined || this.#find() === undefined;
    return needsLog ? this.#registry.sync(this.#id) : undefined;
  }

  #open(context: SourceContext): Feed | null | Promise<Feed | null> {
    const { outcome, run } = this.#found();
    const { lastEventId } = context;
    // The log may have lost the end that this follower has received. Its node then repeats it, perhaps just now.
    if (lastEventId === endId(run)) return null;
    if (outcome === undefined || lastEventId === undefined) return this.#feed(context, this.#events(context));
    return this.#openEnded(context, lastEventId, outcome);
  }

  /** Opens the stream of a job that is over, for a follower that resumes. */
  async #openEnded(context: SourceContext, lastEventId: string, { eventId }: JobOutcome): Promise<Feed | null> {
    if (lastEventId === (await eventId)) return null;
    const query = { after: lastEventId, topics: [this.#id], types: TERMINAL_TYPES, limit: 1 };
    const { events, gap } = await this.#channel.history(query);
    // The last event ID may lie after the end: it may be another job's, or the log may have lost the end. Nothing would
    // follow then.
    const isPast = events.length === 0 && gap === undefined;
    return this.#feed(context, isPast ? outcomeOf(this.#found()) : this.#events(context));
  }

  #feed(context: SourceContext, items: AsyncGenerator): Feed {
    return new SourceFeed(items, context, {
      finite: true,
      event: undefined,
      pieceLimit: this.#hub.pieceLimit,
      onError: (error) => this.#hub.report(error, { stage: "source" }),
    });
  }

  async *#events({ lastEventId, signal }: SourceContext): AsyncGenerator<unknown, void, undefined> {
    const events = this.#channel.subscribe({ topics: [this.#id], types: FOLLOWED_TYPES }).after(lastEventId);
    // A waiting generator cannot be made to return, but the iterator for which it waits can.
    signal.addEventListener("abort", () => events.return(), { once: true });
    try {
      if (lastEventId === undefined) {
        // The registry must know everything before the first of `events`. If it always does, go on in the same turn: an
        // event that came during an await would be sent twice.
        const caughtUp = this.#registry.caughtUp();
        if (caughtUp !== undefined) await caughtUp;
        const job = this.#found();
        if (job.progress !== undefined) yield new SseItem(job.progress.text, { event: "progress" });
        if (job.outcome !== undefined) return yield* outcomeOf(job);
      }
      for await (const item of events) {
        if (isTerminal(item.type)) return yield item;
        if (item.type === "progress") {
          yield item;
          continue;
        }
        // A gap. The missed events may include the end, which the registry knows.
        await this.#registry.sync(this.#id);
        const job = this.#found();
        // If the end follows, omit the gap's ID: a follower that is cut off between the two resumes before the end.
        yield job.outcome === undefined ? item : new SseItem(item.data, { event: item.type });
        if (job.outcome !== undefined) return yield* outcomeOf(job);
      }
    } finally {
      await events.return();
    }
  }

  /** Returns the job if it is known and this user may follow it. */
  #find(): FollowedJob | undefined {
    const job = this.#registry.find(this.#id);
    return job !== undefined && isKnownTo(job, this.#user) ? job : undefined;
  }

  /** Returns the job. Throws `UNKNOWN_JOB`. */
  #found(): FollowedJob {
    const job = this.#find();
    if (job === undefined) throw new UnknownJob(this.#id);
    return job;
  }
}

async function* outcomeOf({ state, outcome }: FollowedJob): AsyncGenerator<SseItem, void, undefined> {
  if (outcome !== undefined) yield new SseItem(outcome.data.text, { event: state, id: await outcome.eventId });
}

/** Thrown when a stream follows an unknown job, or a job of another user. The answer is 404. */
class UnknownJob extends SluiceError {
  readonly status = 404;

  constructor(id: string) {
    super("UNKNOWN_JOB", `There is no job ${show(id)}, or it ended long ago.`);
  }
}
