import type { Channel } from "../channel/channel.ts";
import type { Feed, FeedSource, SourceContext } from "../stream/feed.ts";
import { SourceFeed } from "../stream/source/source-feed.ts";
import { SseItem } from "../stream/source/sse-item.ts";
import type { StreamHub } from "../stream/stream-hub.ts";
import type { JobState } from "./job.ts";
import type { JobEvents } from "./jobs.ts";
import { isTerminal, TERMINAL_TYPES } from "./terminal-type.ts";

/** What a job's followers need to know of it. */
export interface FollowedJob {
  readonly id: string;
  readonly state: JobState<unknown, unknown>["state"];
  readonly progress: unknown;
  /** The data and the ID of its last event, once it is over. */
  readonly outcome: { readonly data: unknown; readonly eventId: Promise<string> } | undefined;
}

/** Where other processes run jobs too: how to know what they have said. */
export interface SharedKnowledge {
  /** Resolves once all that any process had said of a job before is known here. */
  sync(id: string): Promise<void>;
  /** Resolves once all that this process has been told by the log is known here. */
  caughtUp(): Promise<void>;
}

/** The source of a job's stream. It ends after the job's last event; a reconnect from there is answered with 204. */
export class JobProgress implements FeedSource {
  readonly #channel: Channel<JobEvents<unknown, unknown>>;
  readonly #hub: StreamHub;
  readonly #id: string;
  readonly #find: () => FollowedJob;
  readonly #sharing: Promise<SharedKnowledge> | undefined;

  /** `find` throws when there is no such job. */
  constructor(
    channel: Channel<JobEvents<unknown, unknown>>,
    hub: StreamHub,
    id: string,
    find: () => FollowedJob,
    sharing: Promise<SharedKnowledge> | undefined,
  ) {
    this.#channel = channel;
    this.#hub = hub;
    this.#id = id;
    this.#find = find;
    this.#sharing = sharing;
  }

  /** Makes a stream of it: for `stream` and `response`, not to be called by others. Throws `UNKNOWN_JOB`, with status 404. */
  openFeed(context: SourceContext): Feed | Promise<Feed | null> {
    return this.#sharing === undefined ? this.#open(context) : this.#sync(context).then(() => this.#open(context));
  }

  #open(context: SourceContext): Feed | Promise<Feed | null> {
    const { outcome } = this.#find();
    const feed = () => this.#feed(context);
    if (outcome === undefined || context.lastEventId === undefined) return feed();
    return outcome.eventId.then((eventId) => (context.lastEventId === eventId ? null : feed()));
  }

  /** Another process may have said more than this one has heard: that there is a job, or to one who comes back, that it is over. */
  async #sync({ lastEventId }: SourceContext): Promise<void> {
    const shared = await this.#sharing!;
    if (lastEventId !== undefined || !this.#isKnown()) await shared.sync(this.#id);
  }

  #isKnown(): boolean {
    try {
      return this.#find() !== undefined;
    } catch {
      return false;
    }
  }

  #feed(context: SourceContext): Feed {
    return new SourceFeed(this.#events(context), {
      finite: true,
      event: undefined,
      batchSize: this.#hub.pieceLimit,
      onError: (error) => this.#hub.report(error, { stage: "source" }),
    });
  }

  async *#events({ lastEventId, signal }: SourceContext): AsyncGenerator<SseItem, void, undefined> {
    const shared = this.#sharing && (await this.#sharing);
    const events = this.#channel.subscribe({ topics: [this.#id], types: FOLLOWED_TYPES }).after(lastEventId);
    // A generator that waits cannot be told to return; what it waits for can.
    signal.addEventListener("abort", () => events.return(), { once: true });
    try {
      if (lastEventId === undefined) {
        // What came before the first of these events is known; what comes after is among them.
        if (shared !== undefined) await shared.caughtUp();
        const job = this.#find();
        if (job.progress !== undefined) yield new SseItem(job.progress, { event: "progress" });
        if (job.outcome !== undefined) return yield* outcomeOf(job);
      }
      for await (const item of events) {
        if (isTerminal(item.event)) return yield item;
        if (item.event === "progress") {
          yield item;
          continue;
        }
        // What was missed may have been the end itself, which is known all the same.
        await shared?.sync(this.#id);
        const now = this.#find();
        // Without its ID: who is cut off before the end is out must not come back from behind it.
        yield now.outcome === undefined ? item : new SseItem(item.data, { event: item.event });
        if (now.outcome !== undefined) return yield* outcomeOf(now);
      }
    } finally {
      await events.return();
    }
  }
}

/** What followers see of the channel. */
const FOLLOWED_TYPES = ["progress", ...TERMINAL_TYPES] as const;

async function* outcomeOf({ state, outcome }: FollowedJob): AsyncGenerator<SseItem, void, undefined> {
  if (outcome !== undefined) yield new SseItem(outcome.data, { event: state, id: await outcome.eventId });
}
