import type { Channel } from "../channel/channel.ts";
import type { Feed, FeedSource, SourceContext } from "../stream/feed.ts";
import type { LazyContext } from "../stream/source.ts";
import { SourceFeed } from "../stream/source-feed.ts";
import { SseItem } from "../stream/sse-item.ts";
import type { StreamHub } from "../stream/stream-hub.ts";
import { type JobEvents, type JobState, TERMINAL_TYPES } from "./jobs.ts";

/** What a job's followers need to know of it. */
export interface FollowedJob {
  readonly id: string;
  readonly state: JobState<unknown, unknown>["state"];
  readonly progress: unknown;
  /** The data and the ID of its last event, once it is over. */
  readonly outcome: { readonly data: unknown; readonly eventId: Promise<string> } | undefined;
}

/** The source of a job's stream. It ends after the job's last event; a reconnect from there is answered with 204. */
export class JobProgress implements FeedSource {
  readonly #channel: Channel<JobEvents<unknown, unknown>>;
  readonly #hub: StreamHub;
  readonly #find: () => FollowedJob;

  constructor(channel: Channel<JobEvents<unknown, unknown>>, hub: StreamHub, find: () => FollowedJob) {
    this.#channel = channel;
    this.#hub = hub;
    this.#find = find;
  }

  /** Makes a stream of it: for `stream` and `response`, not to be called by others. Throws `UNKNOWN_JOB`, with status 404. */
  openFeed(context: SourceContext): Feed | Promise<Feed | null> {
    const { outcome } = this.#find();
    const feed = () => this.#feed(context);
    if (outcome === undefined || context.lastEventId === undefined) return feed();
    return outcome.eventId.then((eventId) => (context.lastEventId === eventId ? null : feed()));
  }

  #feed(context: SourceContext): Feed {
    return new SourceFeed(this.#events(context), {
      finite: true,
      event: undefined,
      batchSize: this.#hub.settings.highWaterMark / 2,
      abort: (reason) => (context as LazyContext).abort(reason),
      onError: (error) => this.#hub.report(error, { stage: "source" }),
    });
  }

  async *#events({ lastEventId, signal }: SourceContext): AsyncGenerator<SseItem, void, undefined> {
    const job = this.#find();
    const events = this.#channel.subscribe({ topics: [job.id] }).after(lastEventId);
    // A generator that waits cannot be told to return; what it waits for can.
    signal.addEventListener("abort", () => events.return(), { once: true });
    try {
      if (lastEventId === undefined) {
        if (job.progress !== undefined) yield new SseItem(job.progress, { event: "progress" });
        if (job.outcome !== undefined) return yield* outcomeOf(job);
      }
      for await (const item of events) {
        yield item;
        if (TERMINAL_TYPES.includes(item.event as string)) return;
        // What was missed may have been the end itself, which is known all the same.
        const now = this.#find();
        if (now.outcome !== undefined && item.event !== "progress") return yield* outcomeOf(now);
      }
    } finally {
      await events.return();
    }
  }
}

async function* outcomeOf({ state, outcome }: FollowedJob): AsyncGenerator<SseItem, void, undefined> {
  if (outcome !== undefined) yield new SseItem(outcome.data, { event: state, id: await outcome.eventId });
}
