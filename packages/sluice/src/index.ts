export { Channel, type ChannelStats, type PublishOptions } from "./channel/channel.ts";
export type { ChannelOptions } from "./channel/channel-options.ts";
export type { Gap, GapReason } from "./channel/gap.ts";
export type { History, HistoryOptions } from "./channel/history.ts";
export type { AnyEvents, ChannelEvent, EventMap } from "./channel/kept-event.ts";
export type { SelectionOptions } from "./channel/selection-options.ts";
export type { Initial, InitialFunction } from "./channel/snapshot.ts";
export type { StandardSchema } from "./channel/standard-schema.ts";
export type { From } from "./channel/start-point.ts";
export { type SubscribeOptions, Subscription } from "./channel/subscription.ts";
export type { WindowLimits } from "./channel/window.ts";
export type { Presence } from "./cluster/presence.ts";
export { JobFailure } from "./jobs/job-failure.ts";
export {
  type JobContext,
  type JobEvents,
  type JobState,
  Jobs,
  type StartedJob,
} from "./jobs/jobs.ts";
export type { JobsOptions, StartOptions } from "./jobs/jobs-options.ts";
export type { ChannelLog, Log, LogEntry, NewEntry, Retention, TailListener } from "./logs/log.ts";
export { memoryLog } from "./logs/memory.ts";
export { SluiceError, type SluiceErrorCode } from "./protocol/sluice-error.ts";
export { createSluice, Sluice, type SluiceHealth, type SluiceStats } from "./sluice.ts";
export type { SluiceOptions } from "./sluice-options.ts";
export type { CloseReason } from "./stream/close-reason.ts";
export type { Connection, ConnectionSelector, NamedSelector } from "./stream/connections.ts";
export type { DrainOptions } from "./stream/drain.ts";
export type { Subscriber } from "./stream/event-stream.ts";
export type { FeedSource, SourceContext } from "./stream/feed.ts";
export type { Source, SourceIterable } from "./stream/source.ts";
export { SseItem, type SseItemFields } from "./stream/sse-item.ts";
export type { ErrorContext } from "./stream/stream-hub.ts";
export type { StreamOptions } from "./stream/stream-options.ts";
export type { NodeRequest, NodeResponse } from "./transports/node-exchange.ts";
