import type { Channel } from "../../../src/channel/channel.ts";
import { Jobs } from "../../../src/jobs/jobs.ts";
import { checkJobsOptions, type JobsOptions } from "../../../src/jobs/jobs-options.ts";
import type { JobNodes } from "../../../src/jobs/registry/shared-jobs.ts";
import { type ChannelWorld, openWorld } from "../../channel/support/channel-world.ts";
import type { FakeSubscriber } from "../../channel/support/fake-subscriber.ts";

type TestJobs = Jobs<number, { url: string } | undefined>;

/** A channel with jobs, and the followers of the jobs. */
export class JobsWorld {
  world!: ChannelWorld;
  jobs!: TestJobs;
  readonly #nodes: JobNodes | undefined;

  /** `nodes`: the nodes that share the log. `undefined`: no log is shared. */
  constructor(nodes: JobNodes | undefined) {
    this.#nodes = nodes;
  }

  /** True if the log is shared. */
  get isShared(): boolean {
    return this.#nodes !== undefined;
  }

  /** Begins with a new channel and new jobs. */
  async open(): Promise<void> {
    this.world = await openWorld();
    this.jobs = this.makeJobs();
  }

  /** Makes jobs with these options on the channel. */
  makeJobs(options: JobsOptions = {}): TestJobs {
    const nodes = this.#nodes;
    const { hub, channel } = this.world;
    const limits = checkJobsOptions(options);
    return new Jobs({
      hub,
      channel: channel as unknown as Channel,
      name: "exports",
      limits,
      nodes: nodes && { get: () => nodes },
    });
  }

  /** Starts a job that the test controls. */
  steered() {
    let finish!: () => void;
    let fail!: (error: unknown) => void;
    let progress!: (value: number) => Promise<void>;
    let signal!: AbortSignal;
    const { id, result } = this.jobs.start((context) => {
      progress = context.progress;
      signal = context.signal;
      return new Promise((resolve, reject) => {
        finish = () => resolve({ url: "/file" });
        fail = reject;
      });
    });
    return {
      id,
      result,
      finish: () => finish(),
      fail: (error: unknown) => fail(error),
      progress: (n: number) => progress(n),
      signal: () => signal,
    };
  }

  /** Connects a follower of a job. */
  follow(id: string, lastEventId?: string): FakeSubscriber {
    return this.world.connect(this.jobs.progress(id), lastEventId);
  }
}

/** Returns the types and the data of the events that a subscriber has received. */
export function seen(subscriber: FakeSubscriber): unknown[] {
  subscriber.take();
  return subscriber.seen.map(({ type, data }) => [type, JSON.parse(data)]);
}
