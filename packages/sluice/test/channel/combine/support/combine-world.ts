import { OnDemand } from "../../../../src/base/loading/on-demand.ts";
import { Channel } from "../../../../src/channel/channel.ts";
import type { ChannelOptions } from "../../../../src/channel/channel-options.ts";
import { type Combination, combine } from "../../../../src/channel/combine/combination.ts";
import type { CombineOptions } from "../../../../src/channel/combine/combine-options.ts";
import { Combining } from "../../../../src/channel/combine/combining.ts";
import type { Subscription } from "../../../../src/channel/subscription.ts";
import type { Log } from "../../../../src/logs/log.ts";
import { memoryLog } from "../../../../src/logs/memory/memory-log.ts";
import { checkSluiceOptions, type SluiceOptions } from "../../../../src/sluice/sluice-options.ts";
import type { ErrorContext } from "../../../../src/stream/report.ts";
import { StreamHub } from "../../../../src/stream/stream-hub.ts";
import { FakeSubscriber } from "../../support/fake-subscriber.ts";

type AnyOptions = ChannelOptions<Record<string, unknown>>;
type Subscriptions = Readonly<Record<string, Subscription>>;

/** Channels that streams combine, and the errors that are reported. */
export class CombineWorld {
  readonly hub: StreamHub;
  readonly errors: { readonly error: unknown; readonly context: ErrorContext }[] = [];
  readonly #log: Log;
  readonly #code: OnDemand<Combining>;

  constructor(options: SluiceOptions = {}, log: Log = memoryLog()) {
    this.#log = log;
    this.hub = new StreamHub(checkSluiceOptions(options), (error, context) => this.errors.push({ error, context }));
    this.#code = new OnDemand(async () => new Combining(this.hub));
  }

  /** Resolves once combinations open at once. */
  async load(): Promise<void> {
    await this.#code.get();
  }

  /** Makes a channel whose log is not open. */
  closedChannel(name: string, log: Log = this.#log, options: AnyOptions = {}): Channel {
    const setup = { hub: this.hub, settings: checkSluiceOptions({ log }), name, options };
    return new Channel<Record<string, unknown>>(setup);
  }

  /** Makes a channel, and resolves once its log is open. */
  async channel(name: string, options: AnyOptions = {}, log: Log = this.#log): Promise<Channel> {
    const channel = this.closedChannel(name, log, options);
    await channel.position();
    await this.load();
    return channel;
  }

  combine(parts: Subscriptions, options: CombineOptions = {}): Combination {
    return combine(parts, options, this.#code);
  }

  /** Connects a subscriber of a combination. */
  connect(parts: Subscriptions, lastEventId?: string, options: CombineOptions = {}): FakeSubscriber {
    return new FakeSubscriber(this.hub, this.combine(parts, options), lastEventId);
  }
}

/** Reads every byte that has arrived. Returns the type and the data of all events seen so far. */
export function seen(subscriber: FakeSubscriber): string[] {
  subscriber.take();
  return subscriber.seen.map(({ type, data }) => `${type} ${data}`);
}
