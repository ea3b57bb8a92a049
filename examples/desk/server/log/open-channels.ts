import { type Channel, createSluice, type ErrorContext, type Jobs, type Sluice } from "sluice";
import type { ExportProgress, FinishedExport } from "../../wire/export.ts";
import { MAX_ENDED, type SessionEvents } from "../auth/ended-sessions.ts";
import { KEPT_EVENTS } from "../dashboard/dashboard.ts";
import type { DashboardEvents } from "../dashboard/dashboard-events.ts";
import type { GeneratorEvents } from "../generator/order-generator.ts";
import type { NotificationEvents } from "../notifications/notification.ts";
import type { OrderEvents, OrderNumberEvents } from "../orders/order.ts";
import { MAX_STREAMS_PER_USER, type StreamKeys } from "../streams/stream-keys.ts";
import type { WorkerEvents } from "../workers/live-workers.ts";
import type { LogChoice } from "./log-choice.ts";
import { LogUnreachable } from "./log-unreachable.ts";
import { openLog } from "./open-log.ts";

/** The channels and jobs of a desk. They hold all of its state. */
export interface DeskChannels {
  readonly sluice: Sluice;
  /** True if other processes may use the same log. */
  readonly shared: boolean;
  readonly orders: Channel<OrderEvents>;
  readonly orderNumbers: Channel<OrderNumberEvents>;
  readonly notifications: Channel<NotificationEvents>;
  readonly dashboard: Channel<DashboardEvents>;
  readonly workers: Channel<WorkerEvents>;
  readonly generator: Channel<GeneratorEvents>;
  readonly sessions: Channel<SessionEvents>;
  readonly exports: Jobs<ExportProgress, FinishedExport>;
}

/** Options of {@link openChannels}. */
export interface ChannelsOptions {
  readonly log: LogChoice;
  /** Number of orders kept for replay. */
  readonly retainOrders: number;
  /** Reconnection time sent to browsers, in ms. */
  readonly retry: number;
  /** True to compress events for clients that accept gzip. */
  readonly compress: boolean;
  /** The keys under which the streams of a user are counted. */
  readonly streamKeys: StreamKeys;
  /** Called for failures after the channels are open. */
  readonly onError: (error: unknown, context: ErrorContext) => void;
}

const KEPT_NOTIFICATIONS = 1_000;
/** Only the newest state matters. A few more are kept for a process that reads while the state changes. */
const KEPT_STATES = 10;
/** Only new figures matter, so few are kept. */
const KEPT_FIGURES = 100;

/** Opens the log and all channels. Rejects with {@link LogUnreachable} when the log's own timeout expires. */
export async function openChannels({
  log: choice,
  retainOrders,
  retry,
  compress,
  streamKeys,
  onError,
}: ChannelsOptions): Promise<DeskChannels> {
  const log = await openLog(choice).catch((error: unknown) => {
    throw new LogUnreachable(choice, error);
  });
  let isOpen = false;
  const sluice = createSluice({
    log,
    retry,
    compress,
    maxConnectionsPerKey: MAX_STREAMS_PER_USER,
    connectionKey: streamKeys.keyOf,
    // Until the channels are open, the rejection reports the failure: once, and not for each channel.
    onError: (error, context) => isOpen && onError(error, context),
  });
  const channels = {
    orders: sluice.channel<OrderEvents>("orders", { retain: { events: retainOrders } }),
    orderNumbers: sluice.channel<OrderNumberEvents>("order-numbers", { retain: { events: KEPT_STATES } }),
    notifications: sluice.channel<NotificationEvents>("notifications", { retain: { events: KEPT_NOTIFICATIONS } }),
    dashboard: sluice.channel<DashboardEvents>("dashboard", {
      retain: { events: KEPT_EVENTS },
      latestBy: dashboardKey,
    }),
    workers: sluice.channel<WorkerEvents>("workers", { retain: { events: KEPT_FIGURES } }),
    generator: sluice.channel<GeneratorEvents>("generator", { retain: { events: KEPT_STATES } }),
    sessions: sluice.channel<SessionEvents>("sessions", { retain: { events: MAX_ENDED } }),
  };
  const exports = sluice.jobs<ExportProgress, FinishedExport>("exports");
  try {
    await Promise.all(Object.values(channels).map((channel) => channel.position()));
  } catch (error) {
    await sluice.close();
    throw new LogUnreachable(choice, error);
  }
  isOpen = true;
  return { sluice, shared: log.shared, ...channels, exports };
}

/** Returns the `latestBy` key: one for metrics, one for each alert, one for the state of each component. */
function dashboardKey(event: { readonly type: string; readonly data: unknown }): string {
  const { alertId, component } = event.data as { alertId?: string; component?: string };
  return `${event.type}:${alertId ?? component ?? ""}`;
}
