export { SluiceError, type SluiceErrorCode } from "./base/sluice-error.ts";
export { Channel } from "./channel/channel.ts";
export {
  type ChannelDefinition,
  defineChannel,
  type EventsOf,
} from "./channel/channel-definition.ts";
export type { ChannelOptions } from "./channel/channel-options.ts";
export type { Gap, GapReason } from "./channel/event/gap.ts";
export type { JsonEvents, Jsonify } from "./channel/event/jsonify.ts";
export type { AnyEvents, ChannelEvent, EventMap } from "./channel/event/kept-event.ts";
export type { PublishOptions } from "./channel/event/publish-options.ts";
export type { GapEvent, ReceivedEvent } from "./channel/event/received-event.ts";
export type { SelectionOptions } from "./channel/event/selection-options.ts";
export type { Serializer } from "./channel/event/serializer.ts";
export type { StandardSchema } from "./channel/event/standard-schema.ts";
export type { ChannelStats } from "./channel/open-channel.ts";
export type { WindowLimits } from "./channel/read/event-window.ts";
export type { History, HistoryOptions } from "./channel/read/history.ts";
export type { LatestLimits } from "./channel/read/latest.ts";
export type { Initial, InitialFunction } from "./channel/read/snapshot.ts";
export type { From } from "./channel/read/start-point.ts";
export type { SubscribeOptions } from "./channel/subscribe-options.ts";
export { Subscription } from "./channel/subscription.ts";
export type { Presence } from "./cluster/presence.ts";
export type { JobState } from "./jobs/job.ts";
export type { JobEvents } from "./jobs/job-events.ts";
export { JobFailure } from "./jobs/job-failure.ts";
export type { JobContext } from "./jobs/job-runner.ts";
export { Jobs, type StartedJob } from "./jobs/jobs.ts";
export type { JobsOptions, JobUserOptions, StartOptions } from "./jobs/jobs-options.ts";
export type { ChannelLog, Log, LogEntry, NewEntry, OpenOptions, Retention, TailListener } from "./logs/log.ts";
export { memoryLog } from "./logs/memory/memory-log.ts";
export { sharedSluice } from "./process/shared-sluice.ts";
export { createSluice, Sluice } from "./sluice.ts";
export type { DrainSignal, SluiceOptions } from "./sluice-options.ts";
export type { SluiceHealth, SluiceStats, StatsOptions } from "./sluice-stats.ts";
export type { CloseReason } from "./stream/close-reason.ts";
export type { Connection, Subscriber } from "./stream/connection.ts";
export type { ConnectionSelector, NamedSelector } from "./stream/connection-selector.ts";
export type { DrainOptions } from "./stream/drain-options.ts";
export type { FeedSource, SourceContext } from "./stream/feed.ts";
export type { OnRefuse, Refusal, RefusalBody, Throws } from "./stream/opening/refusal.ts";
export type { StreamOptions } from "./stream/opening/stream-options.ts";
export type { ErrorContext } from "./stream/report.ts";
export type { Source, SourceIterable } from "./stream/source/source.ts";
export { SseItem, type SseItemFields } from "./stream/source/sse-item.ts";
export type { NodeRequest, NodeResponse } from "./transports/node/node-request.ts";
